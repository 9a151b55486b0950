/**
 * For `kaimen.config.ts`: `export default defineConfig({ … })` gets its settings checked and
 * completed.
 */
import type { Config } from './settings.ts'

export type { Config }

export function defineConfig(config: Config): Config {
  return config
}
