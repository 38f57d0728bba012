package main

import "testing"

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", "Standup, Monday", "Standup, Monday"},
		{"nothing", "", ""},
		{"other scripts", "näme 世界 שלום", "näme 世界 שלום"},
		{"quotes within", `say "hi"`, `say "hi"`},
		{"what looks quoted", `"hi"`, `"\"hi\""`},
		{"an escape sequence", "\x1b[31mred", `"\x1b[31mred"`},
		{"an 8-bit escape sequence", "\u009b31mred", `"\u009b31mred"`},
		{"a line break", "a\nb", `"a\nb"`},
		{"a carriage return", "a\rb", `"a\rb"`},
		{"a mark that turns the direction", "a\u202egnp.exe", `"a\u202egnp.exe"`},
		{"an isolate", "a\u2067b", `"a\u2067b"`},
		{"an invisible letter", "a\u200bb", `"a\u200bb"`},
		{"a line separator", "a\u2028b", `"a\u2028b"`},
		{"not UTF-8", "a\xff", `"a\xff"`},
		{"space at the end", "a ", `"a "`},
		{"a space that is none", "a\u00a0b", `"a\u00a0b"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := printable(c.text); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestSizeText(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1<<20 - 53: "1023.9 KiB", 1<<20 - 1: "1.0 MiB", 5 << 20: "5.0 MiB", 50_000 << 20: "48.8 GiB", 1 << 62: "4.0 EiB",
	} {
		if got := sizeText(bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
}

func TestSpanText(t *testing.T) {
	const second, minute, hour, day = 1000, 60_000, 3_600_000, 86_400_000
	for ms, want := range map[int64]string{
		0: "0s", 999: "0s", minute - 1: "59s", minute: "1m0s", hour - second: "59m59s", hour: "1h0m", day - 1: "23h59m", day: "1d0h", 12*day + 3*hour: "12d3h",
	} {
		if got := spanText(ms); got != want {
			t.Errorf("%d ms are %s, want %s", ms, got, want)
		}
	}
}
