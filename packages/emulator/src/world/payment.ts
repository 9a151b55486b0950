import { nowMs } from './clock.ts'
import { dropOld } from './drop-old.ts'
import type { World } from './world.ts'

/** A payment that a person made in an app. */
export interface Payment {
  readonly appid: string
  readonly personId: string
  readonly issuedAtMs: number
}

/** WeChat's number of a payment, or the merchant's. */
export type PaymentIds = {
  readonly transaction_id: string
  readonly mch_id: string
  readonly out_trade_no: string
}

/** For less than this a payment is a proof of who somebody is. */
const paymentTtlMs = 300_000

/** Under two names each; more are not kept, the oldest go first. */
const paymentsKept = 100_000

/** `id_taken`, and nothing is paid, if there is such a payment already. */
export function recordPayment(
  world: World,
  paid: Omit<Payment, 'issuedAtMs'>,
  ids: PaymentIds,
): 'paid' | 'id_taken' {
  dropOld(world, world.payments, paymentTtlMs, paymentsKept)
  const names = [ids.transaction_id, merchantName(ids.mch_id, ids.out_trade_no)]
  if (names.some((name) => world.payments.has(name))) return 'id_taken'
  for (const name of names) world.payments.set(name, { ...paid, issuedAtMs: nowMs(world) })
  return 'paid'
}

/** The payment, for 5 minutes, by WeChat's number if there is one, else by the merchant's. */
export function findPayment(
  world: World,
  { transaction_id, mch_id, out_trade_no }: PaymentIds,
): Payment | undefined {
  const found = world.payments.get(transaction_id || merchantName(mch_id, out_trade_no))
  return found && nowMs(world) - found.issuedAtMs < paymentTtlMs ? found : undefined
}

// Unlike a transaction_id it holds a space.
function merchantName(mchId: string, outTradeNo: string): string {
  return `${mchId} ${outTradeNo}`
}
