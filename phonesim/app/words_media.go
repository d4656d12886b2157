package app

// fileWords are what the app says around files, quotes, reactions and calls.
// Sources: resources of 2.20.123 for English and of 2.17.351 for the rest, with
// their names (add_caption, confirm_send_document_title, cannot_share_selected_file,
// contacts_to_send, retry, missed_voice_call, missed_call_back, incoming_voice_call …);
// facts/whatsapp-words.md for captions, ticks of media and reactions. Where on the
// screen they stand is inferred from the names. What has no source is under "from memory".
type fileWords struct {
	addCaption, confirmSendF, cannotShare, retry, you  string
	contactsToSend, forward, message, addContact       string
	playVideo, location                                string
	waiting, deleted, deletedOwn, archived             string
	seen                                               string // tick of a file; captured in pt and en
	missedVoice, missedVideo                           string
	callBack, incomingVoice, answer, decline, closeBox string
	// from memory
	incomingVideo, reply, playVoice, enlarge, reactedF string
	forwardImage, reactionF, download, stickerWord     string
	ongoingVoice                                       string
}

// files are the words of the phone's language.
func (a *App) files() *fileWords {
	if w := fileLocales[a.sys.Locale]; w != nil {
		return w
	}
	return fileLocales["en"]
}

var fileLocales = map[string]*fileWords{
	"en": {
		archived: "Archived", waiting: "Waiting for this message. This may take a while.", deleted: "This message was deleted", deletedOwn: "You deleted this message",
		addCaption: "Add a caption…", confirmSendF: "Send \"%s\" to %s?", cannotShare: "Can't share this file.", retry: "Retry", you: "You",
		contactsToSend: "Contacts to send", forward: "Forward", message: "Message", addContact: "Add contact",
		playVideo: "Play video", location: "Location", seen: "Seen",
		missedVoice: "Missed voice call", missedVideo: "Missed video call", callBack: "Call back",
		incomingVoice: "Incoming voice call", answer: "Answer", decline: "Decline", closeBox: "Close",
		incomingVideo: "Incoming video call", reply: "Reply", playVoice: "Play voice message", enlarge: "Enlarge photo", reactedF: "Reacted %s to \"%s\"",
		forwardImage: "Forward image", ongoingVoice: "Ongoing voice call", reactionF: "Reaction %s", download: "Download", stickerWord: "Sticker",
	},
	"pt": {
		archived: "Arquivadas", waiting: "Aguardando mensagem. Essa ação pode levar alguns instantes.", deleted: "Essa mensagem foi apagada", deletedOwn: "Você apagou essa mensagem",
		addCaption: "Adicione uma legenda…", confirmSendF: "Enviar \"%s\" para %s?", cannotShare: "Falha ao compartilhar o arquivo.", retry: "Tentar novamente", you: "Você",
		contactsToSend: "Contatos a serem enviados", forward: "Encaminhar", message: "Mensagem", addContact: "Adicionar contato",
		playVideo: "Reproduzir vídeo", location: "Localização", seen: "Mensagem vista",
		missedVoice: "Chamada de voz perdida", missedVideo: "Chamada de vídeo perdida", callBack: "Retornar chamada",
		incomingVoice: "Chamada de voz recebida", answer: "Atender", decline: "Rejeitar", closeBox: "Fechar",
		incomingVideo: "Chamada de vídeo recebida", reply: "Responder", playVoice: "Reproduzir mensagem de voz", enlarge: "Ampliar foto", reactedF: "Reagiu com %s a \"%s\"",
		forwardImage: "Encaminhar para…", ongoingVoice: "Chamada de voz em andamento", reactionF: "Reação %s", download: "Baixar", stickerWord: "Figurinha",
	},
	"es": {
		archived: "Archivados", waiting: "Esperando el mensaje. Esto puede tomar tiempo.", deleted: "Este mensaje fue eliminado", deletedOwn: "Eliminaste este mensaje",
		addCaption: "Añadir un comentario…", confirmSendF: "¿Enviar \"%s\" a %s?", cannotShare: "No se puede compartir este archivo.", retry: "Reintentar", you: "Tú",
		contactsToSend: "Contactos para enviar", forward: "Reenviar", message: "Mensaje", addContact: "Añadir contacto",
		playVideo: "Reproducir video", location: "Ubicación", seen: "Visto",
		missedVoice: "Llamada perdida", missedVideo: "Videollamada perdida", callBack: "Llamar",
		incomingVoice: "Llamada de voz entrante", answer: "Contestar", decline: "Rechazar", closeBox: "Cerrar",
		incomingVideo: "Videollamada entrante", reply: "Responder", playVoice: "Reproducir mensaje de voz", enlarge: "Ampliar foto", reactedF: "Reaccionó con %s a \"%s\"",
		forwardImage: "Reenviar imagen", ongoingVoice: "Llamada de voz en curso", reactionF: "Reacción %s", download: "Descargar", stickerWord: "Sticker",
	},
	"de": {
		archived: "Archiviert", waiting: "Warte auf diese Nachricht. Das kann einen Moment dauern.", deleted: "Diese Nachricht wurde gelöscht.", deletedOwn: "Du hast diese Nachricht gelöscht.",
		addCaption: "Bildunterschrift hinzufügen\u00a0…", confirmSendF: "\"%s\" an %s senden?", cannotShare: "Datei kann nicht geteilt werden.", retry: "Wiederholen", you: "Du",
		contactsToSend: "Zu sendende Kontakte", forward: "Weiterleiten", message: "Nachricht", addContact: "Kontakt hinzufügen",
		playVideo: "Video abspielen", location: "Standort", seen: "Gesehen",
		missedVoice: "Verpasster Sprachanruf", missedVideo: "Verpasster Videoanruf", callBack: "Zurückrufen",
		incomingVoice: "Eingehender Sprachanruf", answer: "Annehmen", decline: "Ablehnen", closeBox: "Schließen",
		incomingVideo: "Eingehender Videoanruf", reply: "Antworten", playVoice: "Sprachnachricht abspielen", enlarge: "Foto vergrößern", reactedF: "Hat mit %s auf \"%s\" reagiert",
		forwardImage: "Bild weiterleiten", ongoingVoice: "Laufender Sprachanruf", reactionF: "Reaktion %s", download: "Herunterladen", stickerWord: "Sticker",
	},
	"ru": {
		archived: "Архив", waiting: "Ожидание сообщения. Это может занять некоторое время.", deleted: "Данное сообщение удалено", deletedOwn: "Вы удалили данное сообщение",
		addCaption: "Добавить подпись…", confirmSendF: "Отправить \"%s\" контакту %s?", cannotShare: "Не удается поделиться файлом.", retry: "Повт.", you: "Вы",
		contactsToSend: "Контакты для отправки", forward: "Переслать", message: "Написать", addContact: "Добавить",
		playVideo: "Воспр.", location: "Местоположение", seen: "Просмотрено",
		missedVoice: "Пропущенный аудиозвонок", missedVideo: "Пропущенный видеозвонок", callBack: "Перезвонить",
		incomingVoice: "Входящий аудиозвонок", answer: "Ответить", decline: "Отклонить", closeBox: "Закрыть",
		incomingVideo: "Входящий видеозвонок", reply: "Ответить", playVoice: "Воспроизвести голосовое сообщение", enlarge: "Увеличить фото", reactedF: "Реакция %s на \"%s\"",
		forwardImage: "Переслать изображение", ongoingVoice: "Текущий аудиозвонок", reactionF: "Реакция %s", download: "Загрузить", stickerWord: "Стикер",
	},
}
