import type { App } from '../world/app.ts'
import { quotaNames, quotas } from '../world/quota.ts'
import type { QuotaName } from '../world/quota.ts'

/** The quotas of the path that a body names, or the errcode. */
export function checkCgiPath(
  app: App,
  { cgi_path: path }: Record<string, unknown>,
): { readonly path: string; readonly names: readonly QuotaName[] } | 76021 | 76022 {
  const names = quotaNames.filter((name) => quotas[name].path === path)
  if (typeof path !== 'string' || names.length === 0) return 76021
  return path.startsWith('/wxa/') && app.kind !== 'mini_program' ? 76022 : { path, names }
}
