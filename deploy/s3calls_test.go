package deploy

import (
	"go/ast"
	"go/constant"
	"go/types"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// s3Call is a place in the program that has a request sent to S3, or signs
// one.
type s3Call struct {
	pkg, at   string
	operation string // such as "HeadBucket", or ".Tagging" for a field of a request
}

// takers are functions of other modules that are handed the S3 client, and
// what they call with it.
var takers = map[string]string{
	"github.com/aws/aws-sdk-go-v2/service/s3.NewListPartsPaginator":   "ListParts",
	"github.com/aws/aws-sdk-go-v2/service/s3.NewPresignClient":        "", // sends nothing; what it signs is a method
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager.GetBucketRegion": "", // HeadBucket without credentials
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager.NewDownloader":   "GetObject",
}

// callsToS3 reads every package of ours that is linked into broker: each call
// of a method that takes one of S3's inputs, by whatever interface; each use
// of the client by other modules; and what presign signs by itself.
func callsToS3(t *testing.T) (calls []s3Call) {
	t.Helper()
	for _, pkg := range linked(t) {
		r := reader{t: t, pkg: pkg}
		for _, file := range pkg.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				r.read(n)
				return true
			})
		}
		calls = append(calls, r.calls...)
	}
	return calls
}

// linked are our packages in the production program, with their types.
func linked(t *testing.T) []*packages.Package {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "slipway/cmd/broker").Output()
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, path := range strings.Fields(string(out)) {
		if strings.HasPrefix(path, "slipway/") {
			ours = append(ours, path)
		}
	}
	mode := packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports
	pkgs, err := packages.Load(&packages.Config{Context: t.Context(), Mode: mode}, ours...)
	if err != nil || packages.PrintErrors(pkgs) > 0 || len(pkgs) != len(ours) {
		t.Fatalf("%d of %d packages are read, %v", len(pkgs), len(ours), err)
	}
	return pkgs
}

// reader goes through one package.
type reader struct {
	t     *testing.T
	pkg   *packages.Package
	calls []s3Call
}

func (r *reader) found(n ast.Node, operation string) {
	if operation != "" {
		r.calls = append(r.calls, s3Call{r.pkg.PkgPath, r.pkg.Fset.Position(n.Pos()).String(), operation})
	}
}

func (r *reader) read(n ast.Node) {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		r.selector(n)
	case *ast.KeyValueExpr:
		if field, ok := n.Key.(*ast.Ident); ok && field.Name == "Tagging" {
			r.found(n, ".Tagging")
		}
	case *ast.CallExpr:
		r.handedOn(n)
	case *ast.FuncDecl:
		r.handSigned(n)
	case *ast.BasicLit:
		if value := r.pkg.TypesInfo.Types[n].Value; value != nil && value.Kind() == constant.String && constant.StringVal(value) == "x-amz-tagging" {
			r.found(n, ".Tagging")
		}
	}
}

// selector finds methods that take an input of S3's, called or not, and fields
// that ask for more than their request does.
func (r *reader) selector(n *ast.SelectorExpr) {
	s := r.pkg.TypesInfo.Selections[n]
	if s == nil {
		return
	}
	if s.Kind() == types.FieldVal {
		if inputOf(s.Recv()) != "" && n.Sel.Name == "Tagging" {
			r.found(n, ".Tagging")
		}
		return
	}
	params := s.Type().(*types.Signature).Params()
	for i := range params.Len() {
		if operation := inputOf(params.At(i).Type()); operation != "" {
			r.found(n, operation)
		}
	}
}

// inputOf is the operation that t, a pointer to one of S3's inputs, belongs to.
func inputOf(t types.Type) string {
	pkg, name := named(t)
	operation, isInput := strings.CutSuffix(name, "Input")
	if pkg != s3Package || !isInput {
		return ""
	}
	return operation
}

const s3Package = "github.com/aws/aws-sdk-go-v2/service/s3"

// named is the package and the name of t, or of what it points to.
func named(t types.Type) (pkg, name string) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return "", ""
	}
	return n.Obj().Pkg().Path(), n.Obj().Name()
}

// handedOn finds the client where another module's function gets it: what that
// does with it cannot be seen from here.
func (r *reader) handedOn(n *ast.CallExpr) {
	for _, arg := range n.Args {
		if pkg, name := named(r.pkg.TypesInfo.TypeOf(arg)); pkg != s3Package || name != "Client" {
			continue
		}
		called := calledBy(r.pkg.TypesInfo, n)
		if called == nil || called.Pkg() == nil {
			r.t.Errorf("%s: nobody can say who gets the S3 client", r.pkg.Fset.Position(n.Pos()))
			continue
		}
		if strings.HasPrefix(called.Pkg().Path(), "slipway/") {
			continue // it is read here too
		}
		operation, known := takers[called.Pkg().Path()+"."+called.Name()]
		if !known {
			r.t.Errorf("%s: nobody has said what %s does with the S3 client", r.pkg.Fset.Position(n.Pos()), called.FullName())
		}
		r.found(n, operation)
	}
}

func calledBy(info *types.Info, n *ast.CallExpr) *types.Func {
	var id *ast.Ident
	switch f := ast.Unparen(n.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil
	}
	called, _ := info.Uses[id].(*types.Func)
	return called
}

// signedBy are the methods of presign.Signer, and what their URLs allow.
var signedBy = map[string]string{
	"SignParts": "UploadPart",
	"SignFile":  "PutObject",
	"SignGet":   "GetObject",
}

// handSigned finds the operations whose URLs presign makes without the SDK.
func (r *reader) handSigned(n *ast.FuncDecl) {
	if r.pkg.PkgPath != "slipway/internal/presign" || n.Recv == nil || !strings.HasPrefix(n.Name.Name, "Sign") {
		return
	}
	operation, known := signedBy[n.Name.Name]
	if !known {
		r.t.Errorf("%s: nobody has said what the URLs of %s allow", r.pkg.Fset.Position(n.Pos()), n.Name.Name)
	}
	r.found(n, operation)
}
