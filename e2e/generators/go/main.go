// Command generators uploads a file with the client that oapi-codegen made.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"slipway-generators/slipway"
)

func main() {
	broker, grant, path := os.Args[1], os.Args[2], os.Args[3]
	file, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	client, err := slipway.NewClientWithResponses(broker)
	if err != nil {
		log.Fatal(err)
	}
	id, err := upload(context.Background(), client, grant, file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("DONE", id)
}

func upload(ctx context.Context, client *slipway.ClientWithResponses, grant string, file []byte) (string, error) {
	size := int64(len(file))
	opened, err := client.OpenSessionWithResponse(ctx, nil, slipway.OpenRequest{ContentType: "video/webm", Size: &size}, bearer(grant))
	if err != nil {
		return "", err
	}
	session := opened.JSON201
	if session == nil {
		return "", fmt.Errorf("open: %s", opened.Status())
	}
	var sign []slipway.PartToSign
	for from := int64(0); from < size; from += session.PartSize {
		sign = append(sign, slipway.PartToSign{Number: len(sign) + 1, Size: min(session.PartSize, size-from)})
	}
	signed, err := client.ExchangePartsWithResponse(ctx, session.Id, slipway.PartsRequest{Sign: &sign}, bearer(session.Token))
	if err != nil {
		return "", err
	}
	if signed.JSON200 == nil {
		return "", fmt.Errorf("sign: %s", signed.Status())
	}
	parts, err := put(ctx, signed.JSON200.Urls, sign, file)
	if err != nil {
		return "", err
	}
	completed, err := client.CompleteSessionWithResponse(ctx, session.Id, slipway.Claim{Parts: parts, Size: size}, bearer(session.Token))
	if err != nil {
		return "", err
	}
	if completed.JSON200 == nil {
		return "", fmt.Errorf("complete: %s", completed.Status())
	}
	return completed.JSON200.Id, nil
}

// put sends each part to S3, and says what S3 has then.
func put(ctx context.Context, urls []slipway.PartURL, sizes []slipway.PartToSign, file []byte) (parts []slipway.ClaimedPart, err error) {
	rest := bytes.NewBuffer(file)
	for i, signed := range urls {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.Url, bytes.NewReader(rest.Next(int(sizes[i].Size))))
		if err != nil {
			return nil, err
		}
		for name, value := range signed.Headers {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, fmt.Errorf("PUT of part %d did not get through", signed.Number) // the error itself has the URL
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("PUT of part %d: %s", signed.Number, res.Status)
		}
		etag := res.Header.Get("ETag")
		parts = append(parts, slipway.ClaimedPart{Number: signed.Number, Size: sizes[i].Size, Etag: &etag})
	}
	return parts, nil
}

func bearer(token string) slipway.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}
