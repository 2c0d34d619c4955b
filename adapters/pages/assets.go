package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets/*.css assets/*.js assets/*.svg assets/fonts/*.woff2
var assetFiles embed.FS

// assets are the files that pages use. Their addresses have a mark of their
// content, so that browsers may keep them for ever.
type assets struct {
	by    map[string]asset  // by address
	names map[string]string // addresses by name
}

type asset struct {
	media  string
	plain  []byte
	zipped []byte // nil: not worth it
}

func newAssets() *assets {
	a := &assets{make(map[string]asset), make(map[string]string)}
	err := fs.WalkDir(assetFiles, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := assetFiles.ReadFile(name)
		a.add(strings.TrimPrefix(name, "assets/"), content)
		return err
	})
	if err != nil {
		panic(err) // they are in the program itself
	}
	a.add("tavoli.css", a.style())
	return a
}

// style is the style sheet of the pages: that of Bootstrap Italia and ours, in one
// file, with the fonts under their addresses.
func (a *assets) style() []byte {
	var b bytes.Buffer
	for _, name := range []string{"bootstrap-italia.css", "pages.css"} {
		content, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			panic(err)
		}
		b.Write(content)
	}
	text := b.String()
	for name, address := range a.names {
		if path.Ext(name) == ".woff2" {
			text = strings.ReplaceAll(text, "url("+name+")", "url("+address+")")
		}
	}
	return []byte(a.unfold(text))
}

// add takes in a file.
func (a *assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	address := "/assets/" + strings.TrimSuffix(name, ext) + "." + base64.RawURLEncoding.EncodeToString(sum[:6]) + ext
	file := asset{media: mediaOf(ext), plain: content}
	if ext != ".woff2" {
		file.zipped = new(press).compress(content)
	}
	a.by[address], a.names[name] = file, address
}

func mediaOf(ext string) string {
	if ext == ".woff2" {
		return "font/woff2"
	}
	return mime.TypeByExtension(ext)
}

// address returns where a file is to be had. A page that asks for one that is not
// there is a mistake of the program.
func (a *assets) address(name string) string {
	address, ok := a.names[name]
	if !ok {
		panic("pages: there is no asset " + name)
	}
	return address
}

// fonts returns where the fonts are to be had.
func (a *assets) fonts() []string {
	var list []string
	for name, address := range a.names {
		if path.Ext(name) == ".woff2" {
			list = append(list, address)
		}
	}
	slices.Sort(list)
	return list
}

func showAsset(v *visit) error {
	file, ok := v.site.assets.by[v.r.URL.Path]
	if !ok {
		return errNoPage
	}
	h := v.w.Header()
	h.Set("Content-Type", file.media)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := file.plain
	if file.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if zipped(v.r) {
			h.Set("Content-Encoding", "gzip")
			body = file.zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = v.w.Write(body) // a visitor who has gone cannot be told
	return nil
}

// zipped reports whether a visitor takes gzip.
func zipped(r *http.Request) bool {
	for _, list := range r.Header.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(list, ",") {
			coding, quality, _ := strings.Cut(strings.TrimSpace(one), ";")
			if strings.EqualFold(coding, "gzip") && !strings.HasPrefix(strings.ReplaceAll(quality, " ", ""), "q=0.0") && strings.ReplaceAll(quality, " ", "") != "q=0" {
				return true
			}
		}
	}
	return false
}

// A press compresses what is answered. Its writers are as large as many pages together,
// so they are used again.
type press struct{ idle sync.Pool }

func (p *press) compress(content []byte) []byte {
	b := bytes.NewBuffer(make([]byte, 0, len(content)/4+512))
	w, ok := p.idle.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(b)
	}
	w.Reset(b)
	// A buffer takes everything.
	_, _ = w.Write(content)
	_ = w.Close()
	p.idle.Put(w)
	return b.Bytes()
}
