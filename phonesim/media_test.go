package phonesim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// push puts a file on the phone and has it scanned; it answers its URI.
func push(t *testing.T, p *Phone, name string, data []byte) string {
	t.Helper()
	p.sys.Do(func() {
		if err := p.sys.Files.WriteFile(name, data, 0o660); err != nil {
			t.Fatal(err)
		}
	})
	out := mustRun(t, p, fmt.Sprintf("content call --method scan_file --uri content://media --arg '%s'", name))
	m := regexp.MustCompile(`^Result: Bundle\[\{android\.intent\.extra\.STREAM=(content://media/\S+/\d+)\}\]\n$`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("the scan of %s answered %q", name, out)
	}
	return m[1]
}

// shareTo is am start of SEND with a file for a chat.
func shareTo(jid, mimeType, uri, caption string) string {
	text := ""
	if caption != "" {
		text = " --es android.intent.extra.TEXT '" + caption + "'"
	}
	return fmt.Sprintf("am start -a android.intent.action.SEND -t %s -d %s --eu android.intent.extra.STREAM %s --es jid %s%s --grant-read-uri-permission -p com.whatsapp",
		mimeType, uri, uri, jid, text)
}

const ann = "15550001002@s.whatsapp.net"

func shows(t *testing.T, p *Phone, what string, want ...string) {
	t.Helper()
	x := dump(t, p)
	for _, w := range want {
		if !strings.Contains(x, w) {
			t.Errorf("%s shows no %s:\n%s", what, w, strings.ReplaceAll(x, "<node", "\n<node"))
		}
	}
}
