// Usage: node expressions.mjs DASHBOARD PROMETHEUS_URL METRICS_URL
// Every expression of the dashboard parses, and names only metrics that Prometheus has, or a relay over streams, which
// nobody scrapes here: METRICS_URL is its.
import { parser } from '@prometheus-io/lezer-promql';
import { Prometheus, conclude, load } from './dashboard.mjs';

const [, , file, url, metricsUrl] = process.argv;
const metrics = await (await fetch(metricsUrl)).text();
const known = new Set(await new Prometheus(url).get('label/__name__/values'));
for (const [, name] of metrics.matchAll(/^# TYPE (\S+)/gm)) known.add(name);
const { queries, annotations } = load(file, 60);
const flaws = [];
for (const { expr, where } of [...queries, ...annotations]) {
  let names = 0;
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) flaws.push(`${where}: syntax error at "${expr.slice(node.from)}"`);
      if (node.name !== 'Identifier' || node.node.parent.name !== 'VectorSelector') return;
      ++names;
      const name = expr.slice(node.from, node.to);
      if (!known.has(name)) flaws.push(`${where}: no metric ${name}`);
    },
  });
  if (names === 0) flaws.push(`${where}: names no metric`);
}
conclude(flaws);
