package app

import (
	"fmt"
	"strings"
	"time"
)

// words are what the app says in one language. Sources: facts/whatsapp-words.md
// (captures of 2026 for English and Portuguese where they exist, else the
// resources of 2017-2024); the words under "from memory" have no source there.
type words struct {
	placeholder, send, voiceNote, attach, camera, emoji      string
	back, more, videoCall, voiceCall                         string
	pending, sent, delivered, read                           string
	notOnF, badNumberF, lookupFailedF, tooShortF, noCountryF string
	invite, cancel, ok, searching                            string
	eulaButton, eulaTitle                                    string
	tooOldF, outOfDateF, updateTitle, updateButton           string
	banTitle, banText                                        string
	newMessage                                               []string // forms: one, few, many
	messages                                                 []string
	fromChatsF                                               []string
	unread                                                   []string
	titleCounterF                                            []string
	reply, markRead, mute, you                               string
	months                                                   []string
	dateF                                                    string // %d %s %d
	today, yesterday                                         string
	media                                                    map[string]string
	searchHint, newChat, photoOf                             string
	tabs                                                     []string
	picker, notNow                                           string
	// from memory
	disappearing, learnMore, restricted, readMore, draft string
	openConfirmF, chatButton, rateTitle                  string
}

var locales = map[string]*words{
	"en": {
		placeholder: "Message", send: "Send",
		voiceNote: "Voice message, Button. Double tap and hold to record, slide left to cancel recording, slide up to lock recording on. Release to send.",
		attach:    "Attach", camera: "Camera", emoji: "Emoji, GIFs and stickers", back: "Back", more: "More options", videoCall: "Video call", voiceCall: "Voice call",
		pending: "Pending", sent: "Sent", delivered: "Delivered", read: "Read",
		notOnF: "The phone number %s isn't on WhatsApp.", badNumberF: "%s is not a valid phone number.",
		lookupFailedF: "Couldn't look up phone number %s. Check your phone's Internet connection and try again.",
		tooShortF:     "Couldn't look up phone number %s because it's too short.",
		noCountryF:    "Couldn't look up phone number %s because it's either missing a country code or has the wrong country code.",
		invite:        "Invite to WhatsApp", cancel: "Cancel", ok: "OK", searching: "Searching…",
		eulaButton: "Agree and continue", eulaTitle: "Welcome to WhatsApp",
		tooOldF:     "This version of %s became out of date on 1 January 2026. Tap \"Download\" below to get the latest version from the Google Play Store.",
		outOfDateF:  "%s is out of date",
		updateTitle: "Update WhatsApp", updateButton: "Download",
		banTitle: "Temporarily banned", banText: "This account is not allowed to use WhatsApp due to spam",
		newMessage: []string{"%d new message", "%d new messages"}, messages: []string{"%d message", "%d messages"},
		fromChatsF: []string{"%s from %d chat", "%s from %d chats"}, unread: []string{"%d unread message", "%d unread messages"},
		titleCounterF: []string{"%s (%d message)", "%s (%d messages)"},
		reply:         "Reply", markRead: "Mark as read", mute: "Mute", you: "You",
		months: []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		dateF:  "%d %s %d", today: "Today", yesterday: "Yesterday",
		media:      map[string]string{"image": "📷 Photo", "video": "🎥 Video", "voice": "🎤 Voice message", "document": "📄 Document", "sticker": "💟 Sticker", "audio": "🎵 Audio", "location": "📍 Location", "contact": "👤 Contact", "live_location": "📍 Live location", "poll": "📊 Poll", "view_once": "1️⃣ View once photo"},
		searchHint: "Ask Meta AI or Search", newChat: "New chat", photoOf: "Photo of %s", tabs: []string{"Chats", "Updates", "Communities", "Calls"},
		picker: "Send to…", notNow: "NOT NOW",
		disappearing: "Disappearing messages are on in this chat", learnMore: "LEARN MORE",
		restricted: "Your account is restricted. You can't start new chats right now. Show details",
		readMore:   "Read more", draft: "Draft: ", openConfirmF: "Chat with %s?", chatButton: "OK", rateTitle: "Enjoying WhatsApp?",
	},
	"pt": {
		placeholder: "Mensagem", send: "Enviar",
		voiceNote: "Mensagem de voz, Botão. Toque duas vezes e segure para gravar, deslize para a esquerda para cancelar a gravação, deslize para cima para gravar com as mãos livres. Solte para enviar.",
		attach:    "Anexar", camera: "Câmera", emoji: "Emojis, GIFs e figurinhas", back: "Voltar", more: "Mais opções", videoCall: "Ligação de vídeo", voiceCall: "Ligação de voz",
		pending: "Pendente", sent: "Enviada", delivered: "Entregue", read: "Lida",
		notOnF: "O número de telefone %s não está no WhatsApp.", badNumberF: "%s não é um número válido.",
		lookupFailedF: "Não foi possível encontrar o número de telefone %s. Tente novamente mais tarde.",
		tooShortF:     "Não foi possível procurar o número de telefone %s porque ele é muito curto.",
		noCountryF:    "Não foi possível procurar o número de telefone %s porque o código do país não foi inserido ou está incorreto.",
		invite:        "Convidar para o WhatsApp", cancel: "Cancelar", ok: "OK", searching: "Pesquisando…",
		eulaButton: "CONCORDAR E CONTINUAR", eulaTitle: "WhatsApp",
		tooOldF:     "Esta versão do %s está desatualizada desde 11 de ago. de 2026. Toque em \"Baixar\" para atualizar.",
		outOfDateF:  "O %s está desatualizado",
		updateTitle: "Atualize o WhatsApp", updateButton: "Atualizar",
		banTitle: "Temporariamente banido", banText: "está banido do WhatsApp. Fale conosco para obter ajuda.",
		newMessage: []string{"%d nova mensagem", "%d novas mensagens"}, messages: []string{"%d mensagem", "%d mensagens"},
		fromChatsF: []string{"%s de %d conversa", "%s de %d conversas"}, unread: []string{"Mensagem não lida: %d", "Mensagens não lidas: %d"},
		titleCounterF: []string{"%s (%d mensagem)", "%s (%d mensagens)"},
		reply:         "Responder", markRead: "Marcar como lida", mute: "Silenciar", you: "Você",
		months: []string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
		dateF:  "%d de %s de %d", today: "Hoje", yesterday: "Ontem",
		media:      map[string]string{"image": "📷 Foto", "video": "🎥 Vídeo", "voice": "🎤 Mensagem de voz", "document": "📄 Documento", "sticker": "💟 Figurinha", "audio": "🎵 Áudio", "location": "📍 Localização", "contact": "👤 Contato", "live_location": "📍 Localização em tempo real", "poll": "📊 Poll", "view_once": "1️⃣ View once photo"},
		searchHint: "Pergunte à Meta AI ou pesquise", newChat: "Nova conversa", photoOf: "Foto de %s", tabs: []string{"Conversas", "Atualizações", "Comunidades", "Ligações"},
		picker: "Enviar para…", notNow: "AGORA NÃO",
		disappearing: "As mensagens temporárias estão ativadas nesta conversa", learnMore: "SAIBA MAIS",
		restricted: "Sua conta foi restringida. Você não pode iniciar novas conversas no momento. Saiba mais",
		readMore:   "Ler mais", draft: "Rascunho: ", openConfirmF: "Conversar com %s?", chatButton: "OK", rateTitle: "Gostando do WhatsApp?",
	},
	"es": {
		placeholder: "Escribe un mensaje", send: "Enviar", voiceNote: "Grabadora de mensajes de voz",
		attach: "Adjuntar", camera: "Cámara", emoji: "Emojis, GIF y stickers", back: "Desplazarse hacia arriba", more: "Más opciones", videoCall: "Videollamada", voiceCall: "Llamada de voz",
		pending: "Esperando", sent: "Enviado", delivered: "Entregado", read: "Leído",
		notOnF: "El número de teléfono %s no existe en WhatsApp.", badNumberF: "%s no es un número de teléfono válido.",
		lookupFailedF: "No se encontró el número de teléfono %s. Vuelve a intentarlo más tarde.",
		tooShortF:     "No se encontró el número de teléfono %s porque es demasiado corto.",
		noCountryF:    "No se encontró el número de teléfono %s porque le falta un código de país, o el que tiene no es válido.",
		invite:        "Invitar a WhatsApp", cancel: "Cancelar", ok: "OK", searching: "Buscando…",
		eulaButton: "Aceptar y continuar", eulaTitle: "WhatsApp",
		tooOldF:     "Esta versión de %s es demasiado antigua y ya no funciona. Por favor, visita Google Play",
		outOfDateF:  "%s esta desactualizado",
		updateTitle: "Actualización de WhatsApp", updateButton: "Descargar",
		banTitle: "Suspendido temporalmente", banText: "está suspendido en WhatsApp. Contacta con Soporte para recibir ayuda.",
		newMessage: []string{"%d mensaje nuevo", "%d mensajes nuevos"}, messages: []string{"%d mensaje", "%d mensajes"},
		fromChatsF: []string{"%s de %d chat", "%s de %d chats"}, unread: []string{"%d mensaje no leído", "%d mensajes no leídos"},
		titleCounterF: []string{"%s (%d mensaje)", "%s (%d mensajes)"},
		reply:         "Responder", markRead: "Marcar como leído", mute: "Silenciar", you: "Tú",
		months: []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		dateF:  "%d de %s de %d", today: "Hoy", yesterday: "Ayer",
		media:      map[string]string{"image": "📷 Foto", "video": "🎥 Video", "voice": "🎤 Mensaje de voz", "document": "📄 Documento", "sticker": "💟 Sticker", "audio": "🎵 Audio", "location": "📍 Ubicación", "contact": "👤 Contacto", "live_location": "📍 Ubicación en tiempo real", "poll": "📊 Poll", "view_once": "1️⃣ View once photo"},
		searchHint: "Buscar…", newChat: "Nuevo chat", photoOf: "Foto de %s", tabs: []string{"Chats", "Novedades", "Comunidades", "Llamadas"},
		picker: "Enviar a…", notNow: "AHORA NO",
		disappearing: "Los mensajes temporales están activados en este chat", learnMore: "MÁS INFORMACIÓN",
		restricted: "Tu cuenta está restringida. No puedes iniciar nuevos chats en este momento. Mostrar detalles",
		readMore:   "Leer más", draft: "Borrador: ", openConfirmF: "¿Chatear con %s?", chatButton: "OK", rateTitle: "¿Te gusta WhatsApp?",
	},
	"de": {
		placeholder: "Nachricht", send: "Senden", voiceNote: "Sprachnachrichtaufnahme",
		attach: "Anhängen", camera: "Kamera", emoji: "Emojis, GIFs und Sticker", back: "Nach oben", more: "Weitere Optionen", videoCall: "Videoanruf", voiceCall: "Sprachanruf",
		pending: "Ausstehend", sent: "Gesendet", delivered: "Zugestellt", read: "Gelesen",
		notOnF: "Die Telefonnummer %s ist nicht bei WhatsApp registriert.", badNumberF: "%s ist keine gültige Telefonnummer.",
		lookupFailedF: "Telefonnummer %s konnte nicht gefunden werden. Versuche es später erneut.",
		tooShortF:     "Telefonnummer %s konnte nicht gefunden werden, da sie zu kurz ist.",
		noCountryF:    "Telefonnummer %s konnte nicht gefunden werden, da die Ländervorwahl fehlt oder nicht stimmt.",
		invite:        "zu WhatsApp einladen", cancel: "Abbrechen", ok: "OK", searching: "Suche läuft\u00a0…",
		eulaButton: "Zustimmen und Fortfahren", eulaTitle: "WhatsApp",
		tooOldF:     "Diese %s Version ist veraltet und funktioniert nicht mehr. Bitte öffne den Google Play",
		outOfDateF:  "%s ist veraltet",
		updateTitle: "WhatsApp aktualisieren", updateButton: "Herunterladen",
		banTitle: "Vorübergehend gesperrt", banText: "ist nicht mehr für die Benutzung von WhatsApp zugelassen. Kontaktiere den Support für Hilfe.",
		newMessage: []string{"%d neue Nachricht", "%d neue Nachrichten"}, messages: []string{"%d Nachricht", "%d Nachrichten"},
		fromChatsF: []string{"%s aus %d Chat", "%s aus %d Chats"}, unread: []string{"%d ungelesene Nachricht", "%d ungelesene Nachrichten"},
		titleCounterF: []string{"%s (%d Nachricht)", "%s (%d Nachrichten)"},
		reply:         "Antworten", markRead: "Als gelesen markieren", mute: "Stummschalten", you: "Du",
		months: []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		dateF:  "%d. %s %d", today: "Heute", yesterday: "Gestern",
		media:      map[string]string{"image": "📷 Foto", "video": "🎥 Video", "voice": "🎤 Sprachnachricht", "document": "📄 Dokument", "sticker": "💟 Sticker", "audio": "🎵 Audio", "location": "📍 Standort", "contact": "👤 Kontakt", "live_location": "📍 Live-Standort", "poll": "📊 Poll", "view_once": "1️⃣ View once photo"},
		searchHint: "Suchen\u00a0…", newChat: "Neuer Chat", photoOf: "Foto von %s", tabs: []string{"Chats", "Aktuelles", "Communitys", "Anrufe"},
		picker: "Senden an\u00a0…", notNow: "NICHT JETZT",
		disappearing: "Selbstlöschende Nachrichten sind in diesem Chat aktiviert", learnMore: "MEHR ERFAHREN",
		restricted: "Dein Konto ist eingeschränkt. Du kannst gerade keine neuen Chats beginnen. Details anzeigen",
		readMore:   "Mehr lesen", draft: "Entwurf: ", openConfirmF: "Chat mit %s?", chatButton: "OK", rateTitle: "Gefällt dir WhatsApp?",
	},
	"ru": {
		placeholder: "Введите текст", send: "Отправить", voiceNote: "Запись голосового сообщения",
		attach: "Прикрепить", camera: "Камера", emoji: "Эмодзи, GIF и стикеры", back: "Перейти вверх", more: "Ещё", videoCall: "Видеозвонок", voiceCall: "Аудиозвонок",
		pending: "Ожидание", sent: "Отправлено", delivered: "Доставлено", read: "Прочитано",
		notOnF: "Номер телефона %s не зарегистрирован в WhatsApp.", badNumberF: "%s – недопустимый номер телефона.",
		lookupFailedF: "Не удалось найти номер телефона %s. Повторите попытку позже.",
		tooShortF:     "Не удалось найти номер телефона %s, так как он слишком короткий.",
		noCountryF:    "Не удалось найти номер телефона %s, так как он или не содержит кода страны, или код страны указан неверно.",
		invite:        "Пригласить в WhatsApp", cancel: "Отмена", ok: "OK", searching: "Поиск…",
		eulaButton: "Принять и продолжить", eulaTitle: "WhatsApp",
		tooOldF:     "Данная версия %s устарела и больше не работает. Загрузите последнюю версию из Google Play",
		outOfDateF:  "Версия %s устарела",
		updateTitle: "Обновить WhatsApp", updateButton: "Загрузить",
		banTitle: "Номер временно заблокирован", banText: "заблокирован в WhatsApp. Свяжитесь со Службой поддержки.",
		newMessage: []string{"%d новое сообщение", "%d новых сообщения", "%d новых сообщений"}, messages: []string{"%d сообщение", "%d сообщения", "%d сообщений"},
		fromChatsF: []string{"%s из %d чата", "%s из %d чатов", "%s из %d чатов"}, unread: []string{"%d непрочитанное сообщение", "%d непрочитанных сообщения", "%d непрочитанных сообщений"},
		titleCounterF: []string{"%s (%d сообщение)", "%s (%d сообщения)", "%s (%d сообщений)"},
		reply:         "Ответить", markRead: "Прочитано", mute: "Без звука", you: "Вы",
		months: []string{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"},
		dateF:  "%d %s %d г.", today: "Сегодня", yesterday: "Вчера",
		media:      map[string]string{"image": "📷 Фото", "video": "🎥 Видео", "voice": "🎤 Голосовое сообщение", "document": "📄 Документ", "sticker": "💟 Стикер", "audio": "🎵 Аудио", "location": "📍 Местоположение", "contact": "👤 Контакт", "live_location": "📍 Геоданные", "poll": "📊 Poll", "view_once": "1️⃣ View once photo"},
		searchHint: "Поиск…", newChat: "Новый чат", photoOf: "Фото %s", tabs: []string{"Чаты", "Новости", "Сообщества", "Звонки"},
		picker: "Отправить…", notNow: "НЕ СЕЙЧАС",
		disappearing: "В этом чате включены исчезающие сообщения", learnMore: "ПОДРОБНЕЕ",
		restricted: "Ваш аккаунт ограничен. Сейчас вы не можете начинать новые чаты. Подробнее",
		readMore:   "Читать далее", draft: "Черновик: ", openConfirmF: "Чат с %s?", chatButton: "OK", rateTitle: "Нравится WhatsApp?",
	},
}

// lrm is the mark that the app's resources put before a text that begins with a
// placeholder, in left-to-right languages.
const lrm = "\u200e"

// plural picks the form for a count, of two (one, other) or three (Russian).
func plural(forms []string, n int) string {
	if len(forms) == 2 {
		if n == 1 {
			return forms[0]
		}
		return forms[1]
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return forms[0]
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return forms[1]
	}
	return forms[2]
}

// say fills a text; if it begins with a placeholder, a mark stands before it.
func say(format string, args ...any) string {
	s := fmt.Sprintf(format, args...)
	if strings.HasPrefix(format, "%") {
		return lrm + s
	}
	return s
}

// tick is the content-desc of a state.
func (w *words) tick(s State) string {
	switch s {
	case Sent:
		return w.sent
	case Delivered:
		return w.delivered
	case Read:
		return w.read
	}
	return w.pending
}

// day is what the divider and the chat list call a day.
func (w *words) day(t, now time.Time) string {
	switch daysBetween(t, now) {
	case 0:
		return w.today
	case 1:
		return w.yesterday
	}
	return w.date(t)
}

func (w *words) date(t time.Time) string {
	return fmt.Sprintf(w.dateF, t.Day(), w.months[t.Month()-1], t.Year())
}

func daysBetween(t, now time.Time) int {
	y, m, d := t.Date()
	a := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	y, m, d = now.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(a) / (24 * time.Hour))
}
