package apitest

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// undeclared tells of a member of what the broker sends that the contract does
// not have. Its schemas are open there, because a later broker may send more;
// what this broker sends has to stand in them all the same.
func undeclared(content openapi3.Content, header http.Header, body []byte) error {
	media := content[mediaType(header)]
	if media == nil || !strings.HasSuffix(mediaType(header), "json") || len(body) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return undeclaredIn(media.Schema, value, "")
}

// answers is what the contract has for a status: its own answer, that of its
// class, or the default.
func answers(responses *openapi3.Responses, status int) openapi3.Content {
	for _, response := range []*openapi3.ResponseRef{responses.Status(status), responses.Value(fmt.Sprintf("%dXX", status/100)), responses.Default()} {
		if response != nil {
			return response.Value.Content
		}
	}
	return nil
}

func undeclaredIn(schema *openapi3.SchemaRef, value any, at string) error {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			if err := undeclaredIn(schema.Value.Items, item, fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		members := openapi3.Schemas{}
		collect(schema, members)
		for name, item := range value {
			member := members[name]
			if member == nil {
				member = schema.Value.AdditionalProperties.Schema
			}
			if member == nil {
				return fmt.Errorf("%s/%s is not in the contract", at, name)
			}
			if err := undeclaredIn(member, item, at+"/"+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect adds the properties of a schema and of all that it is made of.
func collect(schema *openapi3.SchemaRef, members openapi3.Schemas) {
	for name, member := range schema.Value.Properties {
		members[name] = member
	}
	for _, part := range schema.Value.AllOf {
		collect(part, members)
	}
}

func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
