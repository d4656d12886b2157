package android

import "fmt"

// words are the system's own words. English and Portuguese of the launcher and
// keyguard are from the shared captures; the rest is from memory.
type words struct {
	home, closeApp, wait, allow, deny     string
	notRespondingF, allowContactsF, noteF string
}

func (s *System) words() words {
	switch s.Locale {
	case "pt":
		return words{"Início", "Fechar app", "Aguardar", "Permitir", "Não permitir", "%s não está respondendo", "Permitir que o app %s acesse seus contatos?", "Notificação do %s: "}
	case "es":
		return words{"Inicio", "Cerrar app", "Esperar", "Permitir", "No permitir", "%s no responde", "¿Permitir que %s acceda a tus contactos?", "Notificación de %s: "}
	case "de":
		return words{"Startbildschirm", "App schließen", "Warten", "Zulassen", "Nicht zulassen", "%s reagiert nicht", "Darf %s auf deine Kontakte zugreifen?", "%s-Benachrichtigung: "}
	case "ru":
		return words{"Главный экран", "Закрыть приложение", "Подождать", "Разрешить", "Не разрешать", "Приложение \"%s\" не отвечает", "Разрешить приложению %s доступ к контактам?", "Уведомление %s: "}
	}
	return words{"Home", "Close app", "Wait", "Allow", "Don’t allow", "%s isn't responding", "Allow %s to access your contacts?", "%s notification: "}
}

func (w words) notResponding(app string) string  { return fmt.Sprintf(w.notRespondingF, app) }
func (w words) allowContacts(app string) string  { return fmt.Sprintf(w.allowContactsF, app) }
func (w words) notificationOf(app string) string { return fmt.Sprintf(w.noteF, app) }
