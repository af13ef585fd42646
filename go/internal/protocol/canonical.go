package protocol

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Digest returns the SHA-256 of canonical JSON in lowercase hexadecimal.
func Digest(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// Canonical encodes an answer as canonical JSON: keys sorted by code point, no
// white space, printable ASCII only. Answers consist of integers, strings, slices,
// arrays and maps with string keys; for anything else the error says where it was
// found.
//
// encoding/json cannot produce this form: it does not escape non-ASCII and DEL,
// and it does escape <, > and &.
func Canonical(answer any) ([]byte, error) {
	return appendCanonical(nil, reflect.ValueOf(answer), "answer")
}

func appendCanonical(out []byte, v reflect.Value, path string) ([]byte, error) {
	if v.Kind() == reflect.Interface {
		v = v.Elem() // an element of a []any
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(out, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(out, v.Uint(), 10), nil
	case reflect.String:
		return appendString(out, v.String(), path)
	case reflect.Slice, reflect.Array:
		return appendList(out, v, path)
	case reflect.Map:
		return appendObject(out, v, path)
	case reflect.Invalid:
		return nil, fmt.Errorf("%s: found nil, expected %s", path, answerTypes)
	}
	return nil, fmt.Errorf("%s: found %s, expected %s", path, v.Type(), answerTypes)
}

const answerTypes = "an integer, a string, a slice or a map with string keys"

func appendList(out []byte, v reflect.Value, path string) ([]byte, error) {
	out = append(out, '[')
	for i := range v.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendCanonical(out, v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendObject(out []byte, v reflect.Value, path string) ([]byte, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: found %s, expected %s", path, v.Type(), answerTypes)
	}
	keys := v.MapKeys()
	// Byte order in UTF-8 equals code point order.
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	out = append(out, '{')
	for i, key := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		elementPath := fmt.Sprintf("%s[%q]", path, key.String())
		var err error
		if out, err = appendString(out, key.String(), elementPath); err != nil {
			return nil, err
		}
		out = append(out, ':')
		if out, err = appendCanonical(out, v.MapIndex(key), elementPath); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func appendString(out []byte, s, path string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s: found %q, expected valid UTF-8", path, s)
	}
	out = append(out, '"')
	for _, r := range s {
		out = appendRune(out, r)
	}
	return append(out, '"'), nil
}

func appendRune(out []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(out, '\\', byte(r))
	case '\b':
		return append(out, `\b`...)
	case '\t':
		return append(out, `\t`...)
	case '\n':
		return append(out, `\n`...)
	case '\f':
		return append(out, `\f`...)
	case '\r':
		return append(out, `\r`...)
	}
	switch {
	case ' ' <= r && r <= '~':
		return append(out, byte(r))
	case r > 0xFFFF:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	default:
		return fmt.Appendf(out, `\u%04x`, r)
	}
}
