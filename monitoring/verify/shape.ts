// The dashboard's shape in Grafana's own types. scripts/verify-monitoring puts the JSON behind the last line and lets
// tsc look: a misspelt key or value does not compile.
import type { AnnotationQuery, Dashboard, DataQuery, FieldConfig, FieldConfigSource, Panel } from '@grafana/schema';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has the values of the enums, not their names.
type Loose<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T : T extends object ? { [K in keyof T]: Loose<T[K]> } : T;

// The package has no types for Prometheus' part of a query.
type Query = Loose<DataQuery> & { expr: string; legendFormat?: string; instant?: boolean; interval?: string };
type Annotation = Omit<Loose<AnnotationQuery>, 'target'> & { target: Query; titleFormat: string; textFormat: string };
type PanelOf<Type extends string, Options, Custom> = Omit<Loose<Panel>, 'type' | 'targets' | 'options' | 'fieldConfig'> & {
  type: Type;
  targets: Query[];
  options: Partial<Loose<Options>>;
  fieldConfig: Omit<Loose<FieldConfigSource>, 'defaults'> & {
    defaults: Omit<Loose<FieldConfig>, 'custom'> & { custom?: Loose<Custom> };
  };
};
type Shape = Omit<Loose<Dashboard>, 'annotations' | 'panels'> & {
  annotations: { list: Annotation[] };
  panels: (PanelOf<'stat', Stat.Options, never> | PanelOf<'timeseries', TimeSeries.Options, TimeSeries.FieldConfig>)[];
};

export const dashboard: Shape =
