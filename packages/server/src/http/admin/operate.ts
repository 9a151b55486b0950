import { KaimenError } from '../../errors.ts'
import { actAs } from '../../events.ts'
import { formatId } from '../../id.ts'
import { operations, type Operations } from '../../operate.ts'
import type { HttpParts } from '../handlers.ts'
import type { AdminCall } from './guard.ts'

/** What an operator does, written down as this administrator's. */
export function operateAs(parts: HttpParts, { admin }: AdminCall): Operations {
  const acting = actAs(parts, formatId('adm', admin.id))
  return operations(() => Promise.resolve(acting))
}

/** @throws {@link KaimenError} `not_found` */
export function refuseMissing(outcome: string): void {
  if (outcome === 'not_found') throw new KaimenError('not_found')
}
