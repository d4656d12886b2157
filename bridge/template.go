package bridge

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
	"github.com/wabridge/wabridge/queue"
)

// codeTTL is how long a one-time code is worth sending, as in the Cloud API.
const codeTTL = 10 * time.Minute

// Templates finds stored templates; queue.Objects is one.
type Templates interface {
	Object(ctx context.Context, kind, owner, id string) (queue.Object, error)
	ObjectByName(ctx context.Context, kind, owner, name string) (queue.Object, error)
}

// Template finds a template of an account by its name, in the first of the
// languages that it has, or by its id; CodeNotFound.
func Template(ctx context.Context, store Templates, waba, id string, languages ...string) (content.Template, error) {
	for _, l := range languages {
		o, err := store.ObjectByName(ctx, queue.ObjectTemplate, waba, queue.TemplateName(id, l))
		if wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return readTemplate(o, err)
		}
	}
	return readTemplate(store.Object(ctx, queue.ObjectTemplate, waba, id))
}

func readTemplate(o queue.Object, err error) (content.Template, error) {
	if err != nil {
		return content.Template{}, err
	}
	return content.ReadTemplate(o.Data)
}

// Lifetime is how long a message of a template may wait; 0: as any other.
func Lifetime(t content.Template) time.Duration {
	if t.TTL == 0 && t.Category == content.CategoryAuthentication {
		return codeTTL
	}
	return time.Duration(max(t.TTL, 0)) * time.Second
}
