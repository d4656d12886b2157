package main

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Size of a picture.
const (
	plotWidth  = 10 * vg.Inch
	plotHeight = 5 * vg.Inch
	plotDPI    = 144
	// maxLines is how many phones get a line of their own; more are added up.
	maxLines = 7
)

// palette can be told apart by people with any colour vision (Okabe and Ito).
var palette = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x55, 0x55, 0x55, 0xff},
}

var (
	ink   = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	faint = color.NRGBA{0xe2, 0xe2, 0xe2, 0xff}
)

func (s *statsCommand) drawPNG(out io.Writer, c *chart, path string) error {
	canvas := vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))
	if err := s.draw(c, draw.New(canvas)); err != nil {
		return err
	}
	return s.save(out, c, path, vgimg.PngCanvas{Canvas: canvas})
}

func (s *statsCommand) drawSVG(out io.Writer, c *chart, path string) error {
	canvas := vgsvg.New(plotWidth, plotHeight)
	if err := s.draw(c, draw.New(canvas)); err != nil {
		return err
	}
	return s.save(out, c, path, canvas)
}

// save writes the picture and says what it shows.
func (s *statsCommand) save(out io.Writer, c *chart, path string, picture io.WriterTo) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = picture.WriteTo(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	sum := 0.0
	for _, v := range c.totals() {
		sum += v
	}
	_, err = fmt.Fprintf(out, "%s: %s, %s in all\n", path, s.heading(c), s.amount(cents(sum)))
	return err
}

// draw draws the lines, one for each phone.
func (s *statsCommand) draw(c *chart, canvas draw.Canvas) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = s.heading(c), map[string]string{"half_hour": "Time", "day": "Days", "month": "Months"}[s.granularity], s.axis
	if s.name == "cost" && c.currency != "" {
		p.Y.Label.Text += " (" + c.currency + ")"
	}
	s.style(p)
	s.scale(p, c)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, faint
	p.Add(grid)
	lines := c.lines
	if len(lines) > maxLines {
		lines = []chartLine{{fmt.Sprintf("all %d phones", len(lines)), c.totals()}}
	}
	for i, l := range lines {
		if err := addLine(p, l, palette[i%len(palette)], len(lines) == 1); err != nil {
			return err
		}
	}
	p.Draw(draw.Crop(canvas, vg.Points(12), -vg.Points(20), vg.Points(10), -vg.Points(12)))
	return nil
}

// style sets colours, fonts and distances.
func (s *statsCommand) style(p *plot.Plot) {
	sans := func(size float64) font.Font {
		return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	}
	p.Title.TextStyle.Font, p.Title.TextStyle.Color, p.Title.Padding = sans(15), ink, vg.Points(12)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Label.TextStyle.Color, axis.Label.Padding = sans(11), ink, vg.Points(6)
		axis.Tick.Label.Font, axis.Tick.Label.Color = sans(9.5), ink
		axis.Color, axis.Tick.Color, axis.LineStyle.Color, axis.Tick.LineStyle.Color = ink, ink, ink, ink
	}
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width, p.Y.Tick.Length = 0, 0, 0
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = sans(10), ink
	p.Legend.Top, p.Legend.YOffs, p.Legend.Padding, p.Legend.ThumbnailWidth = true, -vg.Points(2), vg.Points(4), vg.Points(22)
}

// scale sets the ranges and marks of the axes. There is room above the lines,
// where the legend stands.
func (s *statsCommand) scale(p *plot.Plot, c *chart) {
	most := 0.0
	for _, l := range c.lines {
		most = max(most, slices.Max(l.values))
	}
	if len(c.lines) > maxLines {
		most = slices.Max(c.totals())
	}
	step := niceStep(most/5, s.name != "cost")
	legend := min(len(c.lines), maxLines)
	p.Y.Min, p.Y.Max = 0, max(most, step)/(1-0.05-0.05*float64(legend))
	var ticks plot.ConstantTicks
	for v := 0.0; v <= p.Y.Max; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: s.amount(v)})
	}
	p.Y.Tick.Marker = ticks
	p.X.Min, p.X.Max = 0, math.Max(float64(len(c.slots)-1), 1)
	p.X.Padding, p.Y.Padding = vg.Points(6), 0
	p.X.Tick.Marker = s.dates(c.slots)
}

// niceStep is the least of 1, 2, 5, 10, 20 … (and parts of one) not below v.
func niceStep(v float64, whole bool) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5, 10} {
		if step := n * power; step >= v && (!whole || step >= 1) {
			return step
		}
	}
	return 1
}

// dates marks the slots, and names as many as there is room for; of many days,
// the first of each month.
func (s *statsCommand) dates(slots []time.Time) plot.Ticker {
	const many = 100
	room := 12
	if s.granularity == "half_hour" { // its labels are wide
		room = 8
	}
	every := (len(slots) + room - 1) / room
	layout := map[string]string{"half_hour": "2 Jan 15:04", "day": "2 Jan", "month": "Jan 2006"}[s.granularity]
	named := func(i int) bool { return i%every == 0 }
	if s.granularity == "day" && len(slots) > many {
		layout = "Jan 2006"
		named = func(i int) bool { return slots[i].Day() == 1 }
	}
	var ticks plot.ConstantTicks
	for i, t := range slots {
		switch {
		case named(i):
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: t.Format(layout)})
		case len(slots) <= many:
			ticks = append(ticks, plot.Tick{Value: float64(i)})
		}
	}
	return ticks
}

// addLine draws one line, with points where they do not become a blur, and
// the area below it where it stands alone.
func addLine(p *plot.Plot, l chartLine, c color.NRGBA, alone bool) error {
	xys := make(plotter.XYs, len(l.values))
	for i, v := range l.values {
		xys[i] = plotter.XY{X: float64(i), Y: v}
	}
	line, points, err := plotter.NewLinePoints(xys)
	if err != nil {
		return fmt.Errorf("draw %s: %w", l.name, err)
	}
	line.Color, line.Width = c, vg.Points(2)
	if alone {
		line.FillColor = color.NRGBA{c.R, c.G, c.B, 0x22}
	}
	points.Color, points.Radius, points.Shape = c, vg.Points(2.6), draw.CircleGlyph{}
	p.Add(line)
	if len(xys) <= 62 {
		p.Add(points)
	}
	legend := *line
	legend.FillColor = nil
	p.Legend.Add(shorten(l.name, 40), &legend)
	return nil
}
