package credentials

import (
	"image/color"

	"github.com/boombuler/barcode/qr"
)

// QR returns a text as the fields of a QR code, true for black, without a border.
func QR(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	bounds := code.Bounds()
	fields := make([][]bool, bounds.Dy())
	for y := range fields {
		fields[y] = make([]bool, bounds.Dx())
		for x := range fields[y] {
			fields[y][x] = color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y < 128
		}
	}
	return fields, nil
}
