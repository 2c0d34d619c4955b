package tests_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestStories tells the stories of testdata/scripts with the real program. Beside
// the commands of testscript they know:
//
//	serve [flag...]         starts the server; $URL is its address
//	halt                    ends it in good order
//	crash                   ends it as a loss of power would
//	[!] post path body      sends a request with a key of its own; the answer is stdout
//	[!] get path            asks
//	keep NAME field         remembers a field of the newest answer as $NAME
func TestStories(t *testing.T) {
	bin := filepath.Dir(tavoli(t))
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("GORACE", strings.TrimPrefix(noSleep, "GORACE="))
			env.Setenv("TAVOLI_DATA", filepath.Join(env.WorkDir, "data"))
			env.Values["story"] = &story{t: env.T().(testing.TB)}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": storyServe, "halt": storyHalt, "crash": storyCrash, "post": storyPost, "get": storyGet, "keep": storyKeep,
		},
	})
}

// A story is one script under way.
type story struct {
	t       testing.TB
	server  *server
	sent    int
	answer  string
	written string // the position of the newest write
}

func storyOf(ts *testscript.TestScript) *story { return ts.Value("story").(*story) }

func storyServe(ts *testscript.TestScript, neg bool, args []string) {
	st := storyOf(ts)
	data := ts.Getenv("TAVOLI_DATA")
	if neg {
		s := launch(st.t, data, args...)
		if code := s.wait(); code == 0 {
			ts.Fatalf("the server ended well")
		}
		fmt.Fprint(ts.Stderr(), s.log)
		return
	}
	st.server = serve(st.t, data, args...)
	ts.Setenv("URL", st.server.url)
}

func storyHalt(ts *testscript.TestScript, _ bool, _ []string)  { storyOf(ts).server.stop() }
func storyCrash(ts *testscript.TestScript, _ bool, _ []string) { storyOf(ts).server.kill() }

func storyPost(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: post path body")
	}
	storyOf(ts).ask(ts, neg, http.MethodPost, args[0], args[1])
}

func storyGet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: get path")
	}
	storyOf(ts).get(ts, neg, args[0])
}

// get asks a question that sees what the story has written.
func (st *story) get(ts *testscript.TestScript, neg bool, path string) {
	if st.written != "" {
		glue := "?"
		if strings.Contains(path, "?") {
			glue = "&"
		}
		path += glue + "at_least=" + st.written
	}
	st.ask(ts, neg, http.MethodGet, path, "")
}

func (st *story) ask(ts *testscript.TestScript, neg bool, method, path, body string) {
	st.sent++
	key := ""
	if body != "" {
		key = fmt.Sprintf("story-%d", st.sent)
	}
	status, answer, err := st.server.ask(st.t.Context(), method, path, key, body)
	ts.Check(err)
	st.answer = answer
	var wrote struct{ Position string }
	if method == http.MethodPost && status < 300 && json.Unmarshal([]byte(answer), &wrote) == nil {
		st.written = wrote.Position
	}
	fmt.Fprintln(ts.Stdout(), answer)
	if failed := status >= 400; failed != neg {
		ts.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}

// storyKeep remembers a field of the newest answer; a path leads into it: items.0.name.
func storyKeep(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: keep NAME field")
	}
	st := storyOf(ts)
	var v any
	ts.Check(json.Unmarshal([]byte(st.answer), &v))
	for name := range strings.SplitSeq(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			_, err := fmt.Sscan(name, &i)
			ts.Check(err)
			if i >= len(at) {
				ts.Fatalf("%s: there are only %d", args[1], len(at))
			}
			v = at[i]
		}
	}
	text, ok := v.(string)
	if !ok {
		raw, err := json.Marshal(v)
		ts.Check(err)
		text = string(raw)
	}
	ts.Setenv(args[0], text)
}
