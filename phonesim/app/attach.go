package app

import (
	"path"

	"github.com/wabridge/wabridge/phonesim/android"
	"github.com/wabridge/wabridge/phonesim/view"
)

// attachWords are what the attach menu and the document picker say. Portuguese:
// the captured picker; names of the kinds and the title: resources of 2.17.351; the rest is from memory.
type attachWords struct {
	document, camera, gallery, audio, location, contact              string
	documents, browse, browseInfo, fromGallery, galleryInfo, recents string
	search, sort                                                     string
}

var attachLocales = map[string]*attachWords{
	"en": {"Document", "Camera", "Gallery", "Audio", "Location", "Contact", "Documents", "Browse documents", "Choose files up to 2 GB",
		"Choose from gallery", "Choose photos or videos in original quality.", "Recents", "Search", "Sort"},
	"pt": {"Documento", "Câmera", "Galeria", "Áudio", "Localização", "Contato", "Documentos", "Pesquisar documentos", "Selecione arquivos de até 2 GB",
		"Selecionar da galeria", "Selecione fotos ou vídeos com a qualidade original.", "Recentes", "Pesquisar", "Ordenar"},
	"es": {"Documento", "Cámara", "Galería", "Audio", "Ubicación", "Contacto", "Documentos", "Buscar otros documentos", "Elige archivos de hasta 2 GB",
		"Elegir de la galería", "Elige fotos o videos en calidad original.", "Recientes", "Buscar", "Ordenar"},
	"de": {"Dokument", "Kamera", "Galerie", "Audio", "Standort", "Kontakt", "Dokumente", "Andere Dokumente durchsuchen", "Wähle Dateien bis zu 2 GB",
		"Aus Galerie wählen", "Wähle Fotos oder Videos in Originalqualität.", "Zuletzt verwendet", "Suchen", "Sortieren"},
	"ru": {"Документ", "Камера", "Галерея", "Аудио", "Место", "Контакт", "Документы", "Просмотреть другие документы", "Выберите файлы до 2 ГБ",
		"Выбрать из галереи", "Выберите фото или видео в исходном качестве.", "Недавние", "Поиск", "Сортировать"},
}

func (a *App) attachWords() *attachWords {
	if w := attachLocales[a.sys.Locale]; w != nil {
		return w
	}
	return attachLocales["en"]
}

// An attachSheet is what the paper clip opens: a window of its own. Layout
// attachment_picker of 2.20.123; only Document leads on.
type attachSheet struct {
	a    *App
	chat *Chat
}

func (s *attachSheet) name() string  { return "" }
func (s *attachSheet) Title() string { return "PopupWindow:7c31e9a" }
func (s *attachSheet) back() bool    { return false }

// Cancel is a tap outside.
func (s *attachSheet) Cancel() { s.a.closeDialog() }

// Draw makes the tree.
func (s *attachSheet) Draw() *view.Node {
	a, w := s.a, s.a.attachWords()
	r := view.R(16, 1000, 704, 1420)
	content := a.n(linear, "content", r)
	for y, row := range []struct {
		id    string
		kinds [3][2]string
	}{
		{"attach_picker_first_row", [3][2]string{{"document", w.document}, {"camera", w.camera}, {"gallery", w.gallery}}},
		{"attach_picker_second_row", [3][2]string{{"audio", w.audio}, {"location", w.location}, {"contact", w.contact}}},
	} {
		top := r.Top + 20 + 195*y
		line := a.n(linear, row.id, view.R(r.Left, top, r.Right, top+190))
		for x, k := range row.kinds {
			at := view.R(r.Left+30+220*x, top, r.Left+220+220*x, top+190)
			act := a.closeDialog
			if k[0] == "document" {
				act = func() { a.push(&documentPicker{a: a, chat: s.chat}) }
			}
			line.Add(tap(with(a.n(linear, "pickfiletype_"+k[0]+"_holder", at,
				desc(a.n(image, "pickfiletype_"+k[0], view.R(at.Left+40, top+10, at.Left+150, top+120)), k[1]),
				a.t("", k[1], view.R(at.Left, top+130, at.Right, top+180))), click), act))
		}
		content.Add(line)
	}
	return a.finish(a.n(frame, "paper_clip_layout", r, content))
}

// A documentPicker lists the files that the media provider knows. Its tree is that of the
// shared capture whatsapp_document_picker_pt-br_720x1483, which is sorted by name;
// the activity's name is from memory.
type documentPicker struct {
	a    *App
	chat *Chat
}

func (s *documentPicker) name() string { return ".documentpicker.DocumentPickerActivity" }

// Title is the window's name.
func (s *documentPicker) Title() string { return s.a.cfg.Package + "/com.whatsapp" + s.name() }
func (s *documentPicker) back() bool    { return false }

// Draw makes the tree.
func (s *documentPicker) Draw() *view.Node {
	a, w := s.a, s.a.attachWords()
	bar := view.R(0, topBar, width, underBar)
	toolbar := a.n(group, "toolbar", bar,
		tap(with(desc(a.n(imageButton, "", view.R(0, topBar, 96, underBar)), a.words().back), click), func() { a.Back() }),
		a.t("", w.documents, view.R(110, 96, 400, 152)),
		a.n(linearComp, "", view.R(528, topBar, width, underBar),
			with(desc(a.n(button, "menuitem_search", view.R(528, 76, 624, 172)), w.search), press),
			with(desc(a.n(button, "menuitem_sort", view.R(624, 76, width, 172)), w.sort), press)))
	area := view.R(0, underBar, width, navBar)
	list := with(a.n(listView, "android:id/list", area, s.header()), view.Focusable|view.LongClickable|view.Scrollable)
	for i, f := range a.sys.Media.Documents() {
		row := s.row(f, underBar+370+130*i)
		clip(row, area)
		if !row.Is(view.Gone) {
			list.Add(row)
		}
	}
	all := view.R(0, topBar, width, navBar)
	return a.window(a.n(linear, "", all, toolbar, a.n(linear, "document_picker_activity", area, list)))
}

func (s *documentPicker) header() *view.Node {
	a, w := s.a, s.a.attachWords()
	y := underBar
	head := a.n(linear, "", view.R(0, y, width, y+370))
	for i, e := range []struct{ id, title, info string }{{"browseOtherDocs", w.browse, w.browseInfo}, {"document_picker_gallery_row", w.fromGallery, w.galleryInfo}} {
		r := view.R(0, y+150*i, width, y+150*i+150)
		text := view.R(140, r.Top+20, 697, r.Bottom-20)
		item := a.n(linear, "list_item_with_left_icon", r, gone(1)...)
		item.Add(a.n(image, "list_item_icon", view.R(40, r.Top+50, 90, r.Top+100)),
			a.n(linear, "list_item_text_container", text,
				a.t("list_item_title", e.title, view.R(text.Left, text.Top, text.Right, text.Top+50)),
				a.t("list_item_description", e.info, view.R(text.Left, text.Top+52, text.Right, text.Bottom))))
		head.Add(with(a.n(linear, e.id, r, item), click))
	}
	return head.Add(a.n(plain, "", view.R(0, y+300, width, y+301)), a.t("recentsHeader", w.recents, view.R(23, y+320, 697, y+362)))
}

func (s *documentPicker) row(f *android.MediaFile, y int) *view.Node {
	a := s.a
	text := view.R(130, y+20, 697, y+110)
	line := view.R(text.Left, text.Top+48, text.Right, text.Bottom)
	day := f.Modified
	return tap(a.n(frame, "document_picker_item", view.R(0, y, width, y+130),
		a.n(image, "icon", view.R(24, y+30, 94, y+100)),
		a.n(linear, "", text,
			a.t("title", path.Base(f.Path), view.R(text.Left, text.Top, text.Right, text.Top+46)),
			a.n(linear, "", line,
				a.t("size", fileSize(int(f.Size), a.sys.Locale), view.R(line.Left, line.Top, line.Left+120, line.Bottom)),
				a.n(plain, "", view.R(line.Left+120, line.Top, line.Right-160, line.Top+1)),
				desc(a.t("date", day.Format("02/01/2006"), view.R(line.Right-160, line.Top, line.Right, line.Bottom)), a.words().date(day))))), func() { s.pick(f) })
}

// pick goes on to the preview; the app reads what its picker offers.
func (s *documentPicker) pick(f *android.MediaFile) {
	data, err := s.a.sys.Files.ReadFile(f.Path)
	if err != nil {
		s.a.dialog(s.a.files().cannotShare)
		return
	}
	s.a.offer(s.chat, newFile("document", f.MIME, path.Base(f.Path), data), "")
}
