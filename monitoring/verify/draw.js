// In the browser: the panels of the dashboard, drawn by uPlot from what data.mjs has found. Our drawing, not Grafana's.
const kUnitPx = 38;  // Grafana's grid: 30 px a row and a gap of 8
const kColumns = 24;
const kGapPx = 6;
const kPalette = ['#73bf69', '#f2cc0c', '#5794f2', '#ff9830', '#f2495c', '#b877d9', '#8ab8ff', '#96d98d', '#ffcb7d', '#ca95e5', '#c4162a'];
const kColors = { green: '#73bf69', yellow: '#f2cc0c', orange: '#ff9830', red: '#f2495c', blue: '#5794f2' };
const kTextColor = '#a0a4ae';
const kBackground = [0x18, 0x1b, 0x1f];
const kLegendEntriesMax = 4;  // of more, those that stayed at 0 are left out, unless all did

// `color` at `percent` over the background, opaque: what lies below does not shine through.
function toned(color, percent) {
  const parts = [1, 3, 5].map((at, i) => parseInt(color.slice(at, at + 2), 16) * percent / 100 + kBackground[i] * (1 - percent / 100));
  return `rgb(${parts.map(Math.round).join()})`;
}
const translucent = (color, percent) => color + Math.round(percent * 2.55).toString(16).padStart(2, '0');

function scaled(value, base, names, decimals) {
  let power = 0;
  while (Math.abs(value) >= base && power < names.length - 1) { value /= base; ++power; }
  const digits = decimals ?? (Math.abs(value) >= 100 || value === 0 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  return `${Number(value.toFixed(digits))}${names[power]}`;
}
function seconds(value) {
  if (value === 0) return '0 s';
  if (value < 0.001) return scaled(value * 1e6, 1e9, [' µs']);
  if (value < 1) return scaled(value * 1000, 1e9, [' ms']);
  return value < 120 ? scaled(value, 1e9, [' s']) : scaled(value / 60, 1e9, [' min']);
}
const kFormats = {
  s: seconds,
  short: (value, decimals) => scaled(value, 1000, ['', ' K', ' Mil'], decimals),
  cps: (value) => scaled(value, 1000, [' c/s', 'K c/s']),
  reqps: (value) => scaled(value, 1000, [' req/s', 'K req/s']),
  bytes: (value) => scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB']),
  decbytes: (value) => scaled(value, 1000, [' B', ' kB', ' MB', ' GB']),
  d: (value) => (value < 730 ? scaled(value, 1e9, [' days']) : scaled(value / 365, 1e9, [' years'])),
  percentunit: (value) => scaled(value * 100, 1e9, ['%']),
  bool_on_off: (value) => (value ? 'On' : 'Off'),
};

// Where an axis may have its marks; uPlot chooses for all other units.
const kSteps = { bool_on_off: [1], bytes: Array.from({ length: 40 }, (_, power) => 2 ** power) };

// What the overrides of a series say, over the defaults.
function settings(panel, name) {
  const found = structuredClone(panel.fieldConfig.defaults);
  for (const { matcher, properties } of panel.fieldConfig.overrides) {
    if (matcher.options !== name) continue;
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) found.custom[id.slice(7)] = value; else found[id] = value;
    }
  }
  if (!kFormats[found.unit]) throw new Error(`${panel.title}: unit ${found.unit} is not known here`);
  return found;
}
const format = (field, value) => kFormats[field.unit](value, field.decimals);
const last = (line) => line.points[line.points.length - 1][1];

function element(parent, className, text = '') {
  const made = document.createElement('div');
  made.className = className;
  made.textContent = text;
  parent.append(made);
  return made;
}

function drawStat(panel, box) {
  const row = element(box, 'stats');
  for (const line of panel.series) {
    const field = settings(panel, line.name);
    const value = last(line);
    const mapped = (field.mappings ?? []).map((each) => each.options[value]).find(Boolean);
    const step = field.thresholds.steps.filter((each) => each.value === null || value >= each.value).pop();
    const cell = element(row, 'cell');
    element(cell, 'value', mapped?.text ?? format(field, value)).style.color = kColors[mapped?.color ?? step.color];
    element(cell, 'name', line.name);
  }
}

// One row of times for all series; stacked ones are summed up from the first.
function columns(panel, begin, end) {
  const times = Array.from({ length: end - begin + 1 }, (_, i) => begin + i);
  const rows = panel.series.map((line) => {
    const at = new Map(line.points);
    return times.map((time) => at.get(time) ?? null);
  });
  if (panel.fieldConfig.defaults.custom.stacking) {
    for (let i = 1; i < rows.length; ++i) rows[i] = rows[i].map((value, t) => (value ?? 0) + (rows[i - 1][t] ?? 0));
  }
  return [times, ...rows];
}

function drawLines(plot, shown, panel) {
  const { ctx, bbox } = plot;
  const dashed = (color, x0, y0, x1, y1) => {
    ctx.save();
    ctx.strokeStyle = color;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    ctx.stroke();
    ctx.restore();
  };
  for (const { color, times } of shown.annotations) {
    for (const time of times.filter((each, i) => each !== times[i - 1] + 1)) {
      const x = plot.valToPos(time, 'x', true);
      dashed(kColors[color], x, bbox.top, x, bbox.top + bbox.height);
    }
  }
  if (!panel.fieldConfig.defaults.custom.thresholdsStyle) return;
  for (const { value, color } of panel.fieldConfig.defaults.thresholds.steps) {
    if (value === null || value > plot.scales.left.max) continue;
    const y = plot.valToPos(value, 'left', true);
    dashed(kColors[color], bbox.left, y, bbox.left + bbox.width, y);
  }
}

function drawSeries(panel, box, width, height, shown) {
  const fields = panel.series.map((line) => settings(panel, line.name));
  const sides = fields.map((field) => (field.custom.axisPlacement === 'right' ? 'right' : 'left'));
  const axis = (scale, side) => {
    const field = fields[sides.indexOf(scale)];
    return {
      scale, side, size: 62, stroke: kTextColor, font: '11px DejaVu Sans', ticks: { show: false }, space: 24,
      grid: { show: scale === 'left', stroke: '#2a2d33', width: 1 },
      incrs: kSteps[field.unit],
      values: (_, splits) => splits.map((value) => format({ ...field, decimals: undefined }, value)),
    };
  };
  const range = (scale) => (_, low, high) => [0, fields[sides.indexOf(scale)].max ?? (high > 0 ? high * 1.1 : 1)];
  const scales = { x: { time: true } };
  const axes = [{ stroke: kTextColor, font: '11px DejaVu Sans', size: 22, ticks: { show: false }, space: 70, grid: { stroke: '#2a2d33', width: 1 },
    values: (_, splits) => splits.map((at) => new Date(at * 1000).toISOString().slice(11, 19)) }];
  for (const [scale, side] of [['left', 3], ['right', 1]]) {
    if (!sides.includes(scale)) continue;
    scales[scale] = { range: range(scale) };
    axes.push(axis(scale, side));
  }
  const stacked = Boolean(panel.fieldConfig.defaults.custom.stacking);
  const data = columns(panel, shown.begin, shown.end);
  const series = fields.map((field, i) => ({
    scale: sides[i], stroke: kPalette[i % kPalette.length], width: field.custom.lineWidth, points: { show: false },
    fill: field.custom.fillOpacity > 0 ? (stacked ? toned : translucent)(kPalette[i % kPalette.length], field.custom.fillOpacity) : undefined,
    paths: field.custom.lineInterpolation === 'stepAfter' ? uPlot.paths.stepped({ align: 1 }) : undefined,
  }));
  // A sum is drawn before its parts, so that each shows only its own share.
  const order = stacked ? series.map((_, i) => series.length - 1 - i) : series.map((_, i) => i);
  new uPlot({
    width, height, scales, axes, cursor: { show: false }, padding: [6, sides.includes('right') ? 0 : 26, 0, 0],
    series: [{}, ...order.map((i) => series[i])], hooks: { draw: [(plot) => drawLines(plot, shown, panel)] },
  }, [data[0], ...order.map((i) => data[i + 1])], box);

  const legend = element(box, 'legend');
  const moved = panel.series.filter((line) => line.points.some(([, value]) => value !== 0));
  panel.series.forEach((line, i) => {
    if (panel.series.length > kLegendEntriesMax && moved.length > 0 && !moved.includes(line)) return;
    const entry = element(legend, 'entry');
    const mark = document.createElement('i');
    mark.style.background = kPalette[i % kPalette.length];
    entry.append(mark, `${line.name}  ${format(fields[i], last(line))}`);
  });
}

function draw(shown) {
  const column = document.documentElement.clientWidth / kColumns;
  let bottom = 0;
  for (const panel of shown.panels) {
    const { x, y, w, h } = panel.gridPos;
    const box = element(document.body, 'panel');
    Object.assign(box.style, { left: `${x * column + kGapPx / 2}px`, top: `${y * kUnitPx + kGapPx / 2}px`,
      width: `${w * column - kGapPx}px`, height: `${h * kUnitPx - kGapPx}px` });
    element(box, 'title', panel.title);
    if (panel.type === 'stat') drawStat(panel, box);
    else drawSeries(panel, box, w * column - kGapPx - 18, h * kUnitPx - kGapPx - 20 - 34 - 10, shown);
    bottom = Math.max(bottom, (y + h) * kUnitPx);
  }
  document.body.style.height = `${bottom}px`;
}
