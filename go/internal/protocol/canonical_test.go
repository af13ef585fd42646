package protocol

import (
	"math"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	type id string
	for _, test := range []struct {
		name   string
		answer any
		want   string
	}{
		{"integer", 20, `20`},
		{"negative integer", -7, `-7`},
		{"smallest integer", int64(math.MinInt64), `-9223372036854775808`},
		{"largest unsigned integer", uint64(math.MaxUint64), `18446744073709551615`},
		{"small integer", int8(-1), `-1`},
		{"rune is an integer", 'a', `97`},
		{"empty string", "", `""`},
		{"named string", id("x"), `"x"`},
		{"quote and backslash", `a"b\c`, `"a\"b\\c"`},
		{"slash and HTML stay", `</a>&`, `"</a>&"`},
		{"short escapes", "\b\t\n\f\r", `"\b\t\n\f\r"`},
		{"other control characters", "\x00\x0b\x1f", `"\u0000\u000b\u001f"`},
		{"DEL is not printable", "~\x7f", `"~\u007f"`},
		{"non-ASCII", "Zoë €", `"Zo\u00eb \u20ac"`},
		{"line separator", "\u2028", `"\u2028"`},
		{"last character of one UTF-16 unit", "\uffff", `"\uffff"`},
		{"surrogate pair", "😀", `"\ud83d\ude00"`},
		{"list", []int{3, -1, 2}, `[3,-1,2]`},
		{"array", [2]string{"b", "a"}, `["b","a"]`},
		{"bytes are integers", []byte{1, 255}, `[1,255]`},
		{"empty list", []int{}, `[]`},
		{"nil slice is an empty list", []int(nil), `[]`},
		{"nil map is an empty object", map[string]int(nil), `{}`},
		{"keys are sorted", map[string]int{"b": 1, "": 4, "a": 2, "B": 3}, `{"":4,"B":3,"a":2,"b":1}`},
		{"keys are sorted by code point, not by UTF-16 unit", map[string]int{"😀": 2, "\uffee": 1}, `{"\uffee":1,"\ud83d\ude00":2}`},
		{"nested", map[string]any{"z": []any{1, "a", map[string]int{"k": -1}}, "a": []string{}}, `{"a":[],"z":[1,"a",{"k":-1}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Canonical(test.answer)
			if err != nil || string(got) != test.want {
				t.Errorf("found %s %v, expected %s", got, err, test.want)
			}
		})
	}
}

func TestCanonicalRejectsOtherTypesAndInvalidUTF8(t *testing.T) {
	for _, test := range []struct {
		answer any
		want   string
	}{
		{nil, "answer: found nil, expected an integer"},
		{1.5, "answer: found float64"},
		{true, "answer: found bool"},
		{[]any{1, nil}, "answer[1]: found nil"},
		{map[string]any{"a": []float64{1}}, `answer["a"][0]: found float64`},
		{map[int]int{1: 1}, "answer: found map[int]int"},
		{struct{ A int }{1}, "answer: found struct"},
		{new(int), "answer: found *int"},
		{"\xff", `answer: found "\xff", expected valid UTF-8`},
		{map[string]int{"\xff": 1}, "expected valid UTF-8"},
	} {
		got, err := Canonical(test.answer)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%#v: found %s %v, expected an error with %s", test.answer, got, err, test.want)
		}
	}
}

func TestDigestOfTwenty(t *testing.T) {
	const want = "f5ca38f748a1d6eaf726b8a42fb575c3c71f1864a8143301782de13da2d9202b"
	if got := Digest([]byte("20")); got != want {
		t.Errorf("found %s, expected %s", got, want)
	}
}
