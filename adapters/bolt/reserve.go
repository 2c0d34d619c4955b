package bolt

import (
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"
)

// Writing into room that the file already has costs half of what growing it
// costs, because nothing but the data has to become durable. So the writer fills
// the room behind the used part of the file with zeros when nobody has asked for
// anything for a while. bbolt grows the file itself where that is not enough.
const (
	reserveAfter = 20 * time.Millisecond
	reserveChunk = 1 << 20
	leastReserve = 1 << 20
	mostReserve  = 64 << 20
	seekHole     = 4 // SEEK_HOLE of lseek(2)
)

// A reserve is the room made ready in one file.
type reserve struct {
	file  *file
	ready int64 // up to where the file has room
	zeros []byte
}

// more makes a piece of room ready and reports whether there is more to do. The
// pages behind the used part belong to nobody, and only the writer takes them.
func (r *reserve) more(f *file, want int64) (more bool, err error) {
	used, err := f.used()
	if err != nil {
		return false, err
	}
	if r.file != f {
		r.file, r.ready = f, f.roomFrom(used)
	}
	r.ready = max(r.ready, used)
	if want == 0 {
		want = min(max(used/4, leastReserve), mostReserve)
	}
	if r.ready >= used+want || !f.plenty(4*want) {
		return false, nil
	}
	if r.zeros == nil {
		r.zeros = make([]byte, reserveChunk)
	}
	n, err := f.os.WriteAt(r.zeros[:min(reserveChunk, used+want-r.ready)], r.ready)
	if err == nil {
		err = f.os.Sync()
	}
	r.ready += int64(n)
	return err == nil, err
}

// used returns how many bytes of the file hold pages that were ever used.
func (f *file) used() (n int64, err error) {
	err = f.view(func(tx *bbolt.Tx) error {
		n = tx.Size()
		return nil
	})
	return n, err
}

// roomFrom returns up to where the file has room behind an offset.
func (f *file) roomFrom(at int64) int64 {
	hole, err := f.os.Seek(at, seekHole) // bbolt does not use the offset of the file
	if err != nil {
		return at
	}
	return hole
}

// plenty reports whether the disk has so much room and some more.
func (f *file) plenty(n int64) bool {
	var st syscall.Statfs_t
	err := syscall.Fstatfs(int(f.os.Fd()), &st)
	return err == nil && int64(st.Bavail)*st.Bsize > n
}
