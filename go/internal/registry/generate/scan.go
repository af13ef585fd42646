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

// An implementation is a function that the registry lists.
type implementation struct {
	workload, variant string
	function          string // Run, RunAtomic
	source            string // with the name of the module's directory in front
	carriesHTTP       bool   // its package imports net/http, which is twice the rest of a runner
}

const signature = "func(context.Context, work.Params, *work.Probe) (any, error)"

var word = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// scan reads the workloads of the module in root. A folder without an
// implementation, or a Run function that is none, is a mistake that would
// otherwise show as an implementation that silently is not there.
func scan(root, module string) ([]implementation, error) {
	folders, err := os.ReadDir(filepath.Join(root, "workloads"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []implementation
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		found, err := scanWorkload(root, module, folder.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func scanWorkload(root, module, workload string) ([]implementation, error) {
	dir := path.Join("workloads", workload)
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	if len(files) == 0 {
		return nil, nil // what is left of a deleted workload
	}
	if !word.MatchString(workload) {
		return nil, fmt.Errorf("%s: found %q, expected a name of lowercase letters and digits", dir, workload)
	}
	var found []implementation
	carriesHTTP := false
	for _, name := range files {
		source := path.Join(filepath.Base(root), dir, filepath.Base(name))
		inFile, imports, err := scanFile(name, module, source, workload)
		if err != nil {
			return nil, err
		}
		found = append(found, inFile...)
		carriesHTTP = carriesHTTP || slices.Contains(slices.Collect(maps.Values(imports)), "net/http")
	}
	for i := range found {
		found[i].carriesHTTP = carriesHTTP
	}
	slices.SortFunc(found, func(a, b implementation) int { return strings.Compare(a.variant, b.variant) })
	for i := 1; i < len(found); i++ {
		if a, b := found[i-1], found[i]; a.variant == b.variant {
			return nil, fmt.Errorf("%s: found %s and %s, expected one function for variant %q", dir, a.function, b.function, a.variant)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: found no implementation, expected Run as %s", dir, signature)
	}
	return found, nil
}

// scanFile returns the implementations in a file, and what it imports.
func scanFile(name, module, source, workload string) ([]implementation, map[string]string, error) {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	if file.Name.Name != workload {
		return nil, nil, fmt.Errorf("%s: found package %s, expected %s, the name of the folder", source, file.Name.Name, workload)
	}
	imports := importNames(file)
	var found []implementation
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil {
			continue
		}
		suffix, ok := strings.CutPrefix(function.Name.Name, "Run")
		if first, _ := utf8.DecodeRuneInString(suffix); !ok || suffix != "" && !unicode.IsUpper(first) {
			continue // Runner, Running
		}
		if !implements(function, imports, module) {
			return nil, nil, fmt.Errorf("%s:%d: found %s with another signature, expected %s",
				source, positions.Position(function.Pos()).Line, function.Name.Name, signature)
		}
		found = append(found, implementation{
			workload: workload, variant: strings.ToLower(suffix), function: function.Name.Name, source: source,
		})
	}
	return found, imports, nil
}

// importNames maps the names that a file uses to the paths that it imports.
func importNames(file *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

// implements tells whether a function is a work.Func, by how it is written.
func implements(function *ast.FuncDecl, imports map[string]string, module string) bool {
	if function.Type.TypeParams != nil {
		return false
	}
	workPackage := module + "/internal/work"
	return slices.Equal(types(function.Type.Params, imports),
		[]string{"context.Context", workPackage + ".Params", "*" + workPackage + ".Probe"}) &&
		slices.Equal(types(function.Type.Results, imports), []string{"any", "error"})
}

// types spells the types of a list of parameters out, packages by their path.
func types(list *ast.FieldList, imports map[string]string) []string {
	if list == nil {
		return nil
	}
	var spelled []string
	for _, field := range list.List {
		for range max(1, len(field.Names)) {
			spelled = append(spelled, spell(field.Type, imports))
		}
	}
	return spelled
}

func spell(expression ast.Expr, imports map[string]string) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + spell(e.X, imports)
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
