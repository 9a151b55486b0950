// Who is signed in, and what they may do. The server decides; this only spares people buttons that
// it would refuse.

import type { AdminRole, AdminSession } from '@kaimen/protocol'
import { shallowRef } from 'vue'
import { call } from './api.ts'
import { Failure } from './failure.ts'

/** `undefined`: not known yet; `null`: nobody. */
export const session = shallowRef<AdminSession | null>()

const roles: readonly AdminRole[] = ['viewer', 'operator', 'owner']

export function may(role: AdminRole): boolean {
  const mine = session.value?.admin.role
  return mine !== undefined && roles.indexOf(mine) >= roles.indexOf(role)
}

/** @throws {@link Failure} Where it cannot be told. */
export async function learnWho(): Promise<void> {
  try {
    session.value = await call('GET /v1/admin/session', {})
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'admin_required')) throw error
    session.value = null
  }
}

export async function signOut(): Promise<void> {
  await call('POST /v1/admin/sign-out', {})
  session.value = null
}
