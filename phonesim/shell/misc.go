package shell

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

const createFlags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC

// DrawPicture writes the screen as PNG.
func (s *Shell) DrawPicture(w io.Writer) error {
	var root *view.Node
	s.sys.Do(func() { root = s.sys.Draw() })
	return s.Picture(root, w)
}

func sleep(ctx context.Context, p *proc) int {
	var total time.Duration
	for _, a := range p.args[1:] {
		if v, err := time.ParseDuration(a); err == nil {
			total += v
			continue
		}
		f, err := strconv.ParseFloat(a, 64)
		if err != nil {
			return p.errorf("sleep: bad number '%s'", a)
		}
		total += time.Duration(f * float64(time.Second))
	}
	if err := android.Sleep(ctx, total); err != nil {
		return 1
	}
	return 0
}

// timeout knows "timeout SECONDS COMMAND…".
func timeout(ctx context.Context, p *proc) int {
	if len(p.args) < 3 {
		return p.errorf("timeout: Needs 2 arguments")
	}
	f, err := strconv.ParseFloat(strings.TrimSuffix(p.args[1], "s"), 64)
	if err != nil {
		return p.errorf("timeout: bad number '%s'", p.args[1])
	}
	limited, cancel := context.WithTimeout(ctx, time.Duration(f*float64(time.Second)))
	defer cancel()
	code := p.sub(limited, p.args[2:])
	if limited.Err() != nil {
		return 143
	}
	return code
}

var strftime = strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05",
	"%F", "2006-01-02", "%T", "15:04:05", "%Z", "MST", "%z", "-0700", "%a", "Mon", "%b", "Jan", "%y", "06")

func date(_ context.Context, p *proc) int {
	now := time.Now()
	for _, a := range p.args[1:] {
		f, ok := strings.CutPrefix(a, "+")
		if !ok {
			continue
		}
		f = strings.NewReplacer("%s", fmt.Sprint(now.Unix()), "%N", fmt.Sprintf("%09d", now.Nanosecond()), "%3N", fmt.Sprintf("%03d", now.Nanosecond()/1e6)).Replace(f)
		if strings.Contains(f, "%") {
			f = now.Format(strftime.Replace(f))
		}
		p.printf("%s\n", f)
		return 0
	}
	p.printf("%s\n", now.Format("Mon Jan _2 15:04:05 MST 2006"))
	return 0
}

func id(_ context.Context, p *proc) int {
	if len(p.args) > 1 && p.args[1] == "-u" {
		p.printf("2000\n")
		return 0
	}
	p.printf("uid=2000(shell) gid=2000(shell) groups=2000(shell),1004(input),1007(log),1011(adb),1015(sdcard_rw),1028(sdcard_r),3001(net_bt_admin),3002(net_bt),3003(inet),3006(net_bw_stats),3009(readproc),3011(uhid) context=u:r:shell:s0\n")
	return 0
}

func whoami(_ context.Context, p *proc) int { p.printf("shell\n"); return 0 }

func (p *proc) processes() map[string]int {
	out := map[string]int{"system_server": 1508, "com.android.systemui": 2110, "com.android.launcher3": 2544, "adbd": 612}
	p.sh.sys.Do(func() {
		for _, a := range p.sh.sys.Apps() {
			if a.PID() != 0 {
				out[a.Package()] = a.PID()
			}
		}
	})
	return out
}

func ps(_ context.Context, p *proc) int {
	p.printf("USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME                       \n")
	all := p.processes()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p.printf("%-12s %5d %5d %7d %6d %-16s %4d S %-27s\n", "u0_a290", all[name], 612, 14000000, 180000, "0", 0, name)
	}
	return 0
}

func pidof(_ context.Context, p *proc) int {
	_, names := flags(p.args[1:])
	for _, name := range names {
		if pid := p.processes()[name]; pid != 0 {
			p.printf("%d\n", pid)
			return 0
		}
	}
	return 1
}

// kill cannot reach other users' processes.
func kill(_ context.Context, p *proc) int {
	_, pids := flags(p.args[1:])
	if len(pids) == 0 {
		return 0
	}
	for _, known := range p.processes() {
		if fmt.Sprint(known) == pids[0] {
			return p.errorf("/system/bin/sh: kill: %s: Operation not permitted", pids[0])
		}
	}
	return p.errorf("/system/bin/sh: kill: %s: No such process", pids[0])
}

func uptime(_ context.Context, p *proc) int {
	up := time.Since(p.sh.sys.Boot)
	p.printf(" %s up %d days, %d:%02d,  0 users,  load average: 1.42, 1.31, 1.28\n", time.Now().Format("15:04:05"),
		int(up.Hours())/24, int(up.Hours())%24, int(up.Minutes())%60)
	return 0
}

func uname(_ context.Context, p *proc) int { p.printf("Linux\n"); return 0 }

func nproc(_ context.Context, p *proc) int { p.printf("8\n"); return 0 }

func dirname(_ context.Context, p *proc) int {
	if len(p.args) < 2 {
		return 1
	}
	p.printf("%s\n", path.Dir(p.args[1]))
	return 0
}

func basename(_ context.Context, p *proc) int {
	if len(p.args) < 2 {
		return 1
	}
	name := path.Base(p.args[1])
	if len(p.args) > 2 {
		name = strings.TrimSuffix(name, p.args[2])
	}
	p.printf("%s\n", name)
	return 0
}

func seq(ctx context.Context, p *proc) int {
	from, to := 1, 0
	var err error
	switch len(p.args) {
	case 2:
		to, err = strconv.Atoi(p.args[1])
	case 3:
		if from, err = strconv.Atoi(p.args[1]); err == nil {
			to, err = strconv.Atoi(p.args[2])
		}
	default:
		return 1
	}
	if err != nil {
		return p.errorf("seq: bad number")
	}
	for i := from; i <= to && ctx.Err() == nil; i++ {
		if _, err := fmt.Fprintf(p.out, "%d\n", i); err != nil {
			return 1
		}
	}
	return 0
}

func isNumber(s string) bool { _, err := strconv.Atoi(s); return err == nil }
