package phone

import (
	"context"
	"strings"

	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// attach is the way for a document that could not be shared: through the attach
// button of the proven chat, and the app's picker of documents. It is taken only
// for what can be proven there: a document without a caption, whose name no other
// file of the phone has. (The picker is captured, the sheet of the button is not.)
func (sh *sharing) attach(ctx context.Context) (chat whatsapp.Screen, act whatsapp.Action, ok bool, err error) {
	if sh.want.Kind != "document" || strings.TrimSpace(sh.want.Text) != "" {
		return chat, act, false, nil
	}
	if ok, err := sh.onlyOne(ctx); err != nil || !ok {
		return chat, act, false, err
	}
	sh.s.dirty = true
	if chat, err = sh.chat(ctx); err != nil || chat.Attach == nil {
		return chat, act, false, err
	}
	sheet, ok, err := sh.press(ctx, chat.Attach.Bounds, whatsapp.AttachSheet)
	if err != nil || !ok {
		return chat, act, false, err
	}
	picker, ok, err := sh.press(ctx, sheet.Attach.Bounds, whatsapp.Picker)
	if err != nil || !ok {
		return chat, act, false, err
	}
	var rows []uiauto.Rect
	for _, f := range picker.Files {
		if f.Name == sh.want.File {
			rows = append(rows, f.Bounds)
		}
	}
	if len(rows) != 1 {
		sh.s.log.Info("the picker does not show the file once", "rows", len(rows))
		return chat, act, false, nil
	}
	if err := sh.s.tap(ctx, rows[0]); err != nil {
		return chat, act, false, err
	}
	sh.attached = true
	act, ok, err = sh.preview(ctx, chat)
	return chat, act, ok, err
}

// onlyOne asks Android's media provider, from which the picker has its files,
// whether ours is the only one of its name.
func (sh *sharing) onlyOne(ctx context.Context) (bool, error) {
	out, err := sh.s.runHere(ctx, "content query --uri content://media/external/file --projection _id:_data 2>&1 | grep -F "+adb.Quote("/"+sh.want.File))
	if err != nil {
		return false, err
	}
	rows := strings.Split(strings.TrimSpace(string(out.Stdout)), "\n")
	return len(rows) == 1 && strings.Contains(rows[0], "/"+sh.file.folder+"/"), nil
}

// press taps and looks a few times for the screen that it leads to.
func (sh *sharing) press(ctx context.Context, at uiauto.Rect, want whatsapp.Kind) (whatsapp.Screen, bool, error) {
	var screen whatsapp.Screen
	if err := sh.s.tap(ctx, at); err != nil {
		return screen, false, err
	}
	for range trayLooks {
		var err error
		if screen, err = sh.s.look(ctx); err != nil || screen.Kind == want {
			return screen, err == nil, err
		}
		if err := pause(ctx, sh.s.cfg.Timing.Again); err != nil {
			return screen, false, err
		}
	}
	return screen, false, nil
}
