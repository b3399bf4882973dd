// The dashboard's queries, with Grafana's variables replaced as in the time that a picture shows.
import { readFileSync } from 'node:fs';

export function load(file, seconds) {
  const dashboard = JSON.parse(readFileSync(file, 'utf8'));
  const replaced = (expr) =>
    expr.replaceAll('$__rate_interval', '8s').replaceAll('$__range', `${seconds}s`).replaceAll('$instance', '.+');
  const queries = dashboard.panels.flatMap((panel) =>
    panel.targets.map((target) => ({ ...target, expr: replaced(target.expr), panel, where: `${panel.title} ${target.refId}` })));
  const annotations = dashboard.annotations.list.map((annotation) =>
    ({ ...annotation, expr: replaced(annotation.target.expr), where: `annotation ${annotation.name}` }));
  return { dashboard, queries, annotations };
}

export class Prometheus {
  constructor(url) { this.url = url; }

  async get(path, parameters = {}) {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, error, data } = await answer.json();
    if (status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }

  // Every query of a picture has the same end, on a whole second: otherwise the series do not share their times.
  async range(expr, end, seconds) {
    return (await this.get('query_range', { query: expr, start: end - seconds, end, step: 1 })).result;
  }
}

// Ends the program: quietly when nothing is wrong.
export function conclude(flaws) {
  for (const flaw of flaws) console.error(flaw);
  process.exit(flaws.length > 0 ? 1 : 0);
}
