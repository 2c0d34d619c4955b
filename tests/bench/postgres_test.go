package bench_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgreSQL is here only to be compared with. Where it is missing the rows that
// need it say so.
var errNoPostgres = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// A postgres is a server of its own, in its own folder, on a socket only it has.
type postgres struct {
	dir string
	cmd *exec.Cmd
}

// startPostgres makes a cluster with the settings Debian ships, synchronous
// commit included, next to where the stores under test lie.
func startPostgres(b *testing.B) (*postgres, error) {
	b.Helper()
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(benchDir(b), "pg") //nolint:usetesting // on the disk that is measured, for another user
	if err != nil {
		return nil, err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "tavoli", "-A", "trust", "-E", "UTF8").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	p := &postgres{dir, run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=300")}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	b.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		_ = p.cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	return p, p.ready(b.Context())
}

// postgresBin finds the newest server Debian installed.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged returns how to run as the user Debian made for the server, who
// must not be root.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errNoPostgres
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// hangUp ends a connection; nothing is lost if the server does not hear of it.
func hangUp(ctx context.Context, conn *pgx.Conn) { _ = conn.Close(ctx) }

// connect opens one connection.
func (p *postgres) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "host="+p.dir+" user=tavoli dbname=postgres")
}

// ready waits until the server answers and makes the table.
func (p *postgres) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := p.connect(ctx)
		if err == nil {
			defer hangUp(ctx, conn)
			_, err = conn.Exec(ctx, `CREATE TABLE events (position bigserial PRIMARY KEY, stream text NOT NULL, revision bigint NOT NULL, entry bytea NOT NULL, UNIQUE (stream, revision))`)
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// inserts measures single-row inserts a second, each its own transaction, over
// as many connections.
func (p *postgres) inserts(ctx context.Context, connections int, during time.Duration, entry []byte) (float64, error) {
	conns := make([]*pgx.Conn, connections)
	for i := range conns {
		conn, err := p.connect(ctx)
		if err != nil {
			return 0, err
		}
		defer hangUp(ctx, conn)
		conns[i] = conn
	}
	return rate(connections, during, func(worker, n int) error {
		_, err := conns[worker].Exec(ctx, `INSERT INTO events (stream, revision, entry) VALUES ($1, $2, $3)`,
			"tavolo-"+strconv.FormatInt(time.Now().UnixNano(), 36)+strconv.Itoa(worker), n, entry)
		return err
	})
}
