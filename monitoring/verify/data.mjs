// Usage: node data.mjs DASHBOARD PROMETHEUS_URL SECONDS OUT
// Every query of the dashboard, every annotation and every recording rule has had data in the last SECONDS. What the
// panels show goes to OUT, for picture.mjs.
import { writeFileSync } from 'node:fs';
import { Prometheus, conclude, load } from './dashboard.mjs';

const [, , file, url, length, out] = process.argv;
const seconds = Number(length);
const prometheus = new Prometheus(url);
const end = Math.floor(Date.now() / 1000) - 1;
const { dashboard, queries, annotations } = load(file, seconds);
const flaws = [];

const named = (legend, metric) => legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');
const points = (values) => values.map(([at, value]) => [at, Number(value)]).filter(([, value]) => Number.isFinite(value));
async function series({ expr, where }, legend) {
  const found = (await prometheus.range(expr, end, seconds))
    .map(({ metric, values }) => ({ name: named(legend, metric), points: points(values) }))
    .filter((each) => each.points.length > 0);
  if (found.length === 0) flaws.push(`${where}: no data for ${expr}`);
  return found;
}

const shown = { begin: end - seconds, end, panels: [], annotations: [] };
for (const panel of dashboard.panels) {
  const lines = [];
  for (const query of queries.filter((each) => each.panel === panel)) lines.push(...await series(query, query.legendFormat));
  shown.panels.push({ ...panel, targets: undefined, series: lines });
}
for (const annotation of annotations) {
  const times = (await series(annotation, '')).flatMap((each) => each.points.map(([at]) => at));
  shown.annotations.push({ name: annotation.name, color: annotation.iconColor, times });
}
for (const group of (await prometheus.get('rules')).groups) {
  for (const rule of group.rules) {
    if (rule.health !== 'ok') flaws.push(`rule ${rule.name}: ${rule.health} ${rule.lastError ?? ''}`);
    if (rule.type === 'recording') await series({ expr: rule.name, where: `rule ${rule.name}` }, '');
  }
}
writeFileSync(out, JSON.stringify(shown));
conclude(flaws);
