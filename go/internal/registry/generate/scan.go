package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An implementation is one entry of the registry.
type implementation struct {
	workload, variant string
	kind              string   // Run or Prepare
	function          string   // Run, RunAtomic, PrepareAtomic
	source            string   // path, starting with the name of the module's directory
	files             []string // other files of its package and of workloads it imports, without tests
	importsHTTP       bool     // its package imports net/http, which makes a runner twice as large
}

// signatures are those of the two kinds of implementations: of work.Func and of
// work.PrepareFunc.
var signatures = map[string]string{
	"Run":     "func(context.Context, work.Params, *work.Probe) (any, error)",
	"Prepare": "func(context.Context, work.Params) (work.Prepared, error)",
}

var packageName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// scan finds the implementations in the module in root. A folder without an
// implementation, or one with another signature, is an error: the
// implementation would otherwise be missing without a message.
func scan(root, module string) ([]implementation, error) {
	folders, err := os.ReadDir(filepath.Join(root, "workloads"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var implementations []implementation
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		found, err := scanWorkload(root, module, folder.Name())
		if err != nil {
			return nil, err
		}
		implementations = append(implementations, found...)
	}
	return implementations, nil
}

func scanWorkload(root, module, workload string) ([]implementation, error) {
	dir := path.Join("workloads", workload)
	files, err := goFiles(root, dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, nil // an empty folder, left over from a deleted workload
	}
	if !packageName.MatchString(workload) {
		return nil, fmt.Errorf("%s: found %q, expected a name of lowercase letters and digits", dir, workload)
	}
	var found []implementation
	var sources []string
	var imported []string
	for _, name := range files {
		source := sourceName(root, name)
		sources = append(sources, source)
		inFile, imports, err := scanFile(name, module, source, workload)
		if err != nil {
			return nil, err
		}
		found = append(found, inFile...)
		imported = slices.AppendSeq(imported, maps.Values(imports))
	}
	slices.Sort(imported)
	for _, name := range slices.Compact(imported) {
		other, ok := strings.CutPrefix(name, module+"/")
		if !ok || path.Dir(other) != "workloads" {
			continue
		}
		files, err := goFiles(root, other)
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			sources = append(sources, sourceName(root, name))
		}
	}
	for i := range found {
		found[i].importsHTTP = slices.Contains(imported, "net/http")
		found[i].files = slices.DeleteFunc(slices.Clone(sources), func(name string) bool { return name == found[i].source })
	}
	slices.SortFunc(found, func(a, b implementation) int { return strings.Compare(a.variant, b.variant) })
	for i := 1; i < len(found); i++ {
		if a, b := found[i-1], found[i]; a.variant == b.variant {
			return nil, fmt.Errorf("%s: found %s and %s, expected one function for variant %q", dir, a.function, b.function, a.variant)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: found no implementation, expected Run as %s", dir, signatures["Run"])
	}
	return found, nil
}

// packageOf returns the name of the package in the folder of a workload: that of the
// folder, unless it is a keyword of Go, which cannot name a package.
func packageOf(workload string) string {
	if token.IsKeyword(workload) {
		return workload + "work"
	}
	return workload
}

// goFiles returns the names of the source files in a directory of the module,
// without tests.
func goFiles(root, dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
	return slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") }), err
}

// sourceName returns the path of a file, starting with the name of the module's
// directory.
func sourceName(root, name string) string {
	return path.Join(filepath.Base(root), strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(root)))
}

// scanFile returns the implementations in a file, and its imports by name.
func scanFile(name, module, source, workload string) ([]implementation, map[string]string, error) {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	if expected := packageOf(workload); file.Name.Name != expected {
		return nil, nil, fmt.Errorf("%s: found package %s, expected %s, after the name of the folder", source, file.Name.Name, expected)
	}
	imports := importNames(file)
	var found []implementation
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil {
			continue
		}
		kind, suffix := splitName(function.Name.Name)
		if kind == "" {
			continue
		}
		if !implements(function, kind, imports, module) {
			return nil, nil, fmt.Errorf("%s:%d: found %s with another signature, expected %s",
				source, positions.Position(function.Pos()).Line, function.Name.Name, signatures[kind])
		}
		found = append(found, implementation{
			workload: workload, variant: strings.ToLower(suffix), kind: kind, function: function.Name.Name, source: source,
		})
	}
	return found, imports, nil
}

// splitName returns the kind of an implementation and the rest of its name, or no
// kind for any other function, such as Runner.
func splitName(name string) (kind, suffix string) {
	for kind := range signatures {
		suffix, ok := strings.CutPrefix(name, kind)
		if first, _ := utf8.DecodeRuneInString(suffix); ok && (suffix == "" || unicode.IsUpper(first)) {
			return kind, suffix
		}
	}
	return "", ""
}

// importNames maps the package names that a file uses to import paths.
func importNames(file *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // cannot happen: the parser has checked it
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

// implements reports whether the declaration of a function has the signature of its
// kind.
func implements(function *ast.FuncDecl, kind string, imports map[string]string, module string) bool {
	if function.Type.TypeParams != nil {
		return false
	}
	work := module + "/internal/work."
	params, result := []string{"context.Context", work + "Params", "*" + work + "Probe"}, "any"
	if kind == "Prepare" {
		params, result = params[:2], work+"Prepared"
	}
	return slices.Equal(typeNames(function.Type.Params, imports), params) &&
		slices.Equal(typeNames(function.Type.Results, imports), []string{result, "error"})
}

// typeNames returns the types of a parameter list, with full import paths.
func typeNames(list *ast.FieldList, imports map[string]string) []string {
	if list == nil {
		return nil
	}
	var names []string
	for _, field := range list.List {
		for range max(1, len(field.Names)) {
			names = append(names, typeName(field.Type, imports))
		}
	}
	return names
}

func typeName(expression ast.Expr, imports map[string]string) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + typeName(e.X, imports)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return imports[x.Name] + "." + e.Sel.Name
		}
	case *ast.InterfaceType:
		if len(e.Methods.List) == 0 {
			return "any"
		}
	}
	return "?"
}
