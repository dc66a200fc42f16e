package simdr_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"libsimdr/simdr"
)

const testData = "../../tests/data"

type vector struct {
	name  string
	steps []string
}

// TestConformance executes tests/data/conformance/vectors.txt, or the file that SIMDR_VECTORS names; the README beside
// the former says what the lines mean.
func TestConformance(t *testing.T) {
	path := filepath.Join(testData, "conformance/vectors.txt")
	if other := os.Getenv("SIMDR_VECTORS"); other != "" {
		path = other
	}
	vectors := readVectors(t, path)
	if len(vectors) == 0 {
		t.Fatal("there are no vectors")
	}
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			r := runner{dir: t.TempDir()}
			defer r.end()
			for _, step := range v.steps {
				call, expected, ok := strings.Cut(step, " => ")
				if !ok {
					t.Fatalf("%s: no outcome", step)
				}
				want, err := writtenOut(expected)
				must(t, err)
				if got := r.outcome(strings.Fields(call)); got != want {
					t.Fatalf("%.200s\ngives  %.400s\nwanted %.400s", call, got, want)
				}
			}
			if r.store != nil {
				t.Error("a store is left open")
			}
		})
	}
}

func readVectors(t *testing.T, path string) []vector {
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	var all []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := lines.Text()
		name, begins := strings.CutPrefix(line, "vector ")
		switch {
		case begins:
			all = append(all, vector{name: name})
		case line != "" && line != "end" && line[0] != '#':
			last := &all[len(all)-1]
			last.steps = append(last.steps, line)
		}
	}
	must(t, lines.Err())
	return all
}

// writtenOut has HEX*COUNT written out as that many HEX.
func writtenOut(outcome string) (string, error) {
	tokens := strings.Fields(outcome)
	for i, token := range tokens {
		if digits, count, ok := strings.Cut(token, "*"); ok {
			n, err := strconv.Atoi(count)
			if err != nil {
				return "", err
			}
			tokens[i] = strings.Repeat(digits, n)
		}
	}
	return strings.Join(tokens, " "), nil
}

// runner executes the steps of one vector, in a folder of its own, on at most one open store.
type runner struct {
	dir   string
	store *simdr.Store
	args  []string
	err   error // the first argument that could not be read
}

func (r *runner) end() {
	if r.store != nil {
		r.store.Close()
	}
}

// outcome is what the step's outcome is written as: "ok" with its results, or the name of a status.
func (r *runner) outcome(call []string) string {
	r.args, r.err = call[1:], nil
	results, err := r.step(call[0])
	if r.err != nil {
		return "cannot be read: " + r.err.Error()
	}
	if err != nil {
		return statusName(err)
	}
	return strings.Join(append([]string{"ok"}, results...), " ")
}

func statusName(err error) string {
	var status simdr.Status
	if !errors.As(err, &status) {
		return "not an error of the library: " + err.Error()
	}
	return strings.TrimPrefix(status.Name(), "ERR_")
}

func (r *runner) step(verb string) ([]string, error) {
	if result, err, ok := r.fileStep(verb); ok {
		return result, err
	}
	switch verb {
	case "key_hash":
		return one(hashText(simdr.KeyHash(r.bytes())), nil)
	case "namespaced_key":
		namespace, key := r.bytes(), r.bytes()
		made := simdr.NamespacedKey(namespace, key)
		return one(hexText(made[:]), nil)
	case "open", "open_verifying":
		return nil, r.open(verb == "open_verifying")
	}
	if r.store == nil {
		return nil, fmt.Errorf("%s: no store is open", verb)
	}
	if result, err, ok := r.writeStep(verb); ok {
		return result, err
	}
	return r.readStep(verb)
}

func (r *runner) open(verify bool) error {
	path, mode := r.path(), r.token()
	modes := map[string]simdr.Mode{
		"create": simdr.Create, "existing": simdr.Existing, "read_only": simdr.ReadOnly, "create_new": simdr.CreateNew,
	}
	m, known := modes[mode]
	if !known {
		return fmt.Errorf("no mode: %s", mode)
	}
	store, err := simdr.Open(path, &simdr.Options{Mode: m, VerifyReads: verify})
	if err == nil {
		r.store = store
	}
	return err
}

func (r *runner) writeStep(verb string) (result []string, err error, ok bool) {
	ok = true
	s := r.store
	switch verb {
	case "close":
		err, r.store = s.Close(), nil
	case "put":
		err = s.Put(r.bytes(), r.bytes())
	case "put_hashed":
		err = s.PutHashed(r.hash(), r.bytes())
	case "put_if_absent":
		err = s.PutIfAbsent(r.bytes(), r.bytes())
	case "put_batch":
		var pairs []simdr.Pair
		for len(r.args) > 0 {
			key := r.bytes()
			pairs = append(pairs, simdr.Pair{Key: key, Value: r.bytes()})
		}
		err = s.PutMany(pairs)
	case "put_stream":
		err = r.putStream()
	case "remove":
		err = s.Remove(r.bytes())
	case "remove_batch":
		var removed int
		removed, err = s.RemoveMany(r.allBytes())
		result = []string{strconv.Itoa(removed)}
	case "rename":
		err = s.Rename(r.bytes(), r.bytes())
	case "compact":
		err = s.Compact(nil)
	case "verify":
		_, err = s.Verify(nil)
	default:
		ok = false
	}
	return result, err, ok
}

func (r *runner) putStream() error {
	w, err := r.store.NewWriter(r.bytes())
	if err != nil {
		return err
	}
	defer w.Close()
	for len(r.args) > 0 {
		if _, err := w.Write(r.bytes()); err != nil {
			return err
		}
	}
	return w.Commit()
}

func (r *runner) readStep(verb string) ([]string, error) {
	s := r.store
	switch verb {
	case "get":
		value, err := s.Append(nil, r.bytes())
		return one(hexText(value), err)
	case "get_hashed":
		e, err := s.GetHashed(r.hash())
		return ofEntry(e, err, func(e *simdr.Entry) string { return hexText(e.Bytes()) })
	case "get_batch":
		return r.getBatch()
	case "exists":
		exists, err := s.Exists(r.bytes())
		return one(boolText(exists), err)
	case "count":
		return one(strconv.Itoa(s.Len()), nil)
	case "iterate":
		return hexOfEach(s.All(simdr.Live))
	case "versions":
		return hexOfEach(s.Versions(r.bytes()))
	case "checksum":
		info, err := s.Metadata(r.bytes())
		return one(fmt.Sprintf("%08x", info.Checksum), err)
	case "start_offset":
		info, err := s.Metadata(r.bytes())
		return one(strconv.FormatUint(info.PayloadOffset, 10), err)
	case "aligned":
		e, err := s.Get(r.bytes())
		alignment := uintptr(r.number())
		return ofEntry(e, err, func(e *simdr.Entry) string {
			return boolText(uintptr(unsafe.Pointer(unsafe.SliceData(e.Bytes())))%alignment == 0)
		})
	case "file_size":
		return one(strconv.FormatUint(s.FileSize(), 10), nil)
	case "recovered":
		return one(boolText(s.RecoveredFrom() != ""), nil)
	case "generation":
		return one(s.Generation(), nil)
	case "alignment":
		return one(strconv.Itoa(s.Alignment()), nil)
	}
	return nil, fmt.Errorf("no verb: %s", verb)
}

func (r *runner) getBatch() ([]string, error) {
	batch, err := r.store.GetMany(r.allBytes())
	if err != nil {
		return nil, err
	}
	defer batch.Close()
	var results []string
	for _, value := range batch.All() {
		if value == nil {
			results = append(results, "absent")
		} else {
			results = append(results, hexText(value))
		}
	}
	return results, nil
}

func (r *runner) fileStep(verb string) (result []string, err error, ok bool) {
	ok = true
	var data []byte
	switch verb {
	case "write_file":
		err = os.WriteFile(r.path(), r.bytes(), 0o600)
	case "append_file":
		path := r.path()
		if data, err = os.ReadFile(path); err == nil {
			err = os.WriteFile(path, append(data, r.bytes()...), 0o600)
		}
	case "cut_file":
		err = os.Truncate(r.path(), int64(r.number()))
	case "flip_byte":
		path, offset := r.path(), r.number()
		if data, err = os.ReadFile(path); err == nil {
			data[offset] ^= 0xFF
			err = os.WriteFile(path, data, 0o600)
		}
	case "read_file":
		data, err = os.ReadFile(r.path())
		result = []string{hexText(data)}
	case "file_hash":
		data, err = os.ReadFile(r.path())
		result = []string{hashText(simdr.KeyHash(data))}
	default:
		ok = false
	}
	return result, err, ok
}

func (r *runner) token() string {
	if len(r.args) == 0 {
		r.err = errors.New("too few arguments")
		return ""
	}
	token := r.args[0]
	r.args = r.args[1:]
	return token
}

func (r *runner) path() string { return filepath.Join(r.dir, r.token()) }

func (r *runner) bytes() []byte {
	token := r.token()
	if token == "-" {
		return nil
	}
	digits, count, repeated := strings.Cut(token, "*")
	b, err := hex.DecodeString(digits)
	r.note(err)
	if repeated {
		n, err := strconv.Atoi(count)
		r.note(err)
		b = bytes.Repeat(b, n)
	}
	return b
}

func (r *runner) allBytes() [][]byte {
	var all [][]byte
	for len(r.args) > 0 {
		all = append(all, r.bytes())
	}
	return all
}

func (r *runner) hash() uint64 {
	n, err := strconv.ParseUint(r.token(), 16, 64)
	r.note(err)
	return n
}

func (r *runner) number() uint64 {
	n, err := strconv.ParseUint(r.token(), 10, 64)
	r.note(err)
	return n
}

func (r *runner) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

func one(result string, err error) ([]string, error) { return []string{result}, err }

func ofEntry(e *simdr.Entry, err error, result func(*simdr.Entry) string) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return one(result(e), nil)
}

func hexOfEach(entries func(func(*simdr.Entry, error) bool)) ([]string, error) {
	var results []string
	for e, err := range entries {
		if err != nil {
			return nil, err
		}
		results = append(results, hexText(e.Bytes()))
		e.Close()
	}
	return results, nil
}

func hexText(b []byte) string {
	if len(b) == 0 {
		return "-"
	}
	return hex.EncodeToString(b)
}

func hashText(hash uint64) string { return fmt.Sprintf("%016x", hash) }

func boolText(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
