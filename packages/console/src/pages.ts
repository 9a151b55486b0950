import { defineAsyncComponent, type Component } from 'vue'
import { t } from './language.ts'
import { Administrators } from './pages/administrators.tsx'
import { Apps } from './pages/apps.tsx'
import { Audit } from './pages/audit.tsx'
import { Conflicts } from './pages/conflicts.tsx'
import { Keys } from './pages/keys.tsx'
import { Limits } from './pages/limits.tsx'
import { OneUser } from './pages/one-user.tsx'
import { Users } from './pages/users.tsx'

type Page = {
  /** As the address has it. */
  readonly name: string
  readonly title: () => string
  readonly show: Component
}

export const pages: readonly Page[] = [
  {
    name: 'overview',
    title: () => t('概览', 'Overview'),
    // By itself, because the charts are half of the console's weight.
    show: defineAsyncComponent(async () => (await import('./pages/overview.tsx')).Overview),
  },
  { name: 'users', title: () => t('用户', 'Users'), show: Users },
  { name: 'conflicts', title: () => t('合并', 'Merging'), show: Conflicts },
  { name: 'apps', title: () => t('应用', 'Apps'), show: Apps },
  { name: 'keys', title: () => t('签名密钥', 'Signing keys'), show: Keys },
  { name: 'limits', title: () => t('限额', 'Limits'), show: Limits },
  { name: 'audit', title: () => t('审计日志', 'Audit log'), show: Audit },
  { name: 'administrators', title: () => t('管理员', 'Administrators'), show: Administrators },
]

const oneUser: Page = { name: 'users', title: () => t('用户', 'User'), show: OneUser }

/** @param parts Of the address; none: the overview. */
export function findPage([name = '', ...rest]: readonly string[]): Page | undefined {
  if (name === 'users' && rest.length === 1 && rest[0] !== '') return oneUser
  return rest.length > 0 ? undefined : pages.find((page) => page.name === (name || 'overview'))
}
