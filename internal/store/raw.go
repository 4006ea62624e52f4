package store

import (
	_ "embed"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// rawDictionary holds items as the sources send them, so that even one item
// compresses well. What was compressed with it is read with it: it never
// changes, and another one takes the next number.
//
//go:embed raw.dict
var rawDictionary []byte

const rawDictionaryID = 1

// maxRaw bounds an item that is read back: a page of a source is no larger.
const maxRaw = 64 << 20

// A rawCodec packs items as they came. It may be used by many at once.
type rawCodec struct {
	pack   *zstd.Encoder
	unpack *zstd.Decoder
}

func newRawCodec() (*rawCodec, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(rawDictionaryID, rawDictionary), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("store: zstd: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderDictRaw(rawDictionaryID, rawDictionary), zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxRaw))
	if err != nil {
		return nil, fmt.Errorf("store: zstd: %w", err)
	}
	return &rawCodec{pack, unpack}, nil
}

func (c *rawCodec) packed(raw []byte) []byte { return c.pack.EncodeAll(raw, nil) }

func (c *rawCodec) unpacked(b []byte) ([]byte, error) {
	raw, err := c.unpack.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("store: an item as it came cannot be read back: %w", err)
	}
	return raw, nil
}
