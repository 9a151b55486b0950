import type { App } from '../world/app.ts'
import { recordPayment } from '../world/payment.ts'
import type { PaymentIds } from '../world/payment.ts'
import type { World } from '../world/world.ts'

/**
 * A person pays in a mini program (`wx.requestPayment`). Numbers that are not given are made up.
 * `id_taken` if there is such a payment already.
 */
export function pay(
  world: World,
  app: App,
  personId: string,
  given: Partial<PaymentIds>,
): (PaymentIds & { readonly errMsg: 'requestPayment:ok' }) | 'id_taken' {
  const random = Buffer.from(world.sources.random(16))
  const ids = {
    transaction_id: given.transaction_id ?? `4200${digits(random)}`,
    mch_id: given.mch_id ?? '1900000109',
    out_trade_no: given.out_trade_no ?? random.toString('hex'),
  }
  const result = recordPayment(world, { appid: app.appid, personId }, ids)
  return result === 'paid' ? { ...ids, errMsg: 'requestPayment:ok' } : result
}

// 24 digits.
function digits(random: Buffer): string {
  return BigInt(`0x${random.toString('hex')}`)
    .toString()
    .padStart(39, '0')
    .slice(-24)
}
