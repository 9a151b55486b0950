import * as v from 'valibot'
import { gateways } from '../sms/gateways.ts'
import { endpoints } from '../wechat/endpoints.ts'
import { errmsgOf } from '../wechat/errmsg.ts'
import { faultKinds } from '../world/fault.ts'
import type { Fault, FaultKind } from '../world/fault.ts'
import { created, ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { fieldRefusal, oneOf, readFields, wholeNumber, yesOrNo } from './read-fields.ts'
import { Refusal } from './refusal.ts'

export const postFaults: ControlCall = {
  method: 'POST',
  path: '/emulator/faults',
  answer(world, { body }) {
    const { times, after, ...asked } = readFields(faultFields, body)
    refuseUnknownPath(asked.path)
    for (const name of ['errcode', 'errmsg', 'status', 'delay_ms'] as const) {
      refuseMisplaced(name, asked.fault, asked[name] !== undefined)
    }
    if (asked.errcode !== undefined) refuseStrangeErrcode(asked.path, asked.errcode, asked.errmsg)
    if (asked.fault === 'truncate' && after === false) {
      throw fieldRefusal('after', 'must be true for truncate, which cuts a real answer')
    }
    world.faultsAdded += 1
    const fault: Fault = {
      id: world.faultsAdded,
      ...asked,
      after: after ?? asked.fault === 'truncate',
      times_left: times ?? null,
    }
    world.faults.push(fault)
    return created(fault)
  },
}

/** Held requests go on as if the fault had not been. */
export const deleteFaults: ControlCall = {
  method: 'DELETE',
  path: '/emulator/faults',
  answer(world, { body }, holds) {
    readFields({}, body)
    const deleted = world.faults.splice(0).length
    return ok({ deleted, released: holds.releaseAll('go_on') })
  },
}

const aPath =
  'must be a path of WeChat\'s such as "/sns/jscode2session", an SMS gateway such as "/sms/aliyun", or "*"'
const aText = 'must be text of at most 200 characters'
const anErrcode = 'must be a whole number other than 0, or the error code of an SMS gateway'

const faultFields = {
  path: v.string(aPath),
  fault: oneOf(faultKinds),
  errcode: v.exactOptional(
    v.union(
      [
        v.pipe(v.number(), v.safeInteger(anErrcode), v.notValue(0, anErrcode)),
        v.pipe(v.string(), v.regex(/^[A-Za-z][\w.]{1,99}$/, anErrcode)),
      ],
      anErrcode,
    ),
  ),
  errmsg: v.exactOptional(v.pipe(v.string(aText), v.maxLength(200, aText))),
  status: v.exactOptional(wholeNumber(200, 599)),
  delay_ms: v.exactOptional(wholeNumber(0, 600_000)),
  times: v.exactOptional(wholeNumber(1, 1_000_000)),
  after: v.exactOptional(yesOrNo()),
}

/** Which faults take a field, and which cannot do without it. */
const placeOf: Record<
  'errcode' | 'errmsg' | 'status' | 'delay_ms',
  { takes: readonly FaultKind[]; needs: readonly FaultKind[] }
> = {
  errcode: { takes: ['errcode'], needs: ['errcode'] },
  errmsg: { takes: ['errcode'], needs: [] },
  status: { takes: ['status', 'html'], needs: ['status'] },
  delay_ms: { takes: ['delay'], needs: ['delay'] },
}

function refuseMisplaced(name: keyof typeof placeOf, fault: FaultKind, given: boolean): void {
  const { takes, needs } = placeOf[name]
  if (given && !takes.includes(fault)) {
    throw fieldRefusal(name, `belongs to the fault ${takes.join(' or ')}, not to ${fault}`)
  }
  if (!given && needs.includes(fault))
    throw fieldRefusal(name, `is required for the fault ${fault}`)
}

// A fault on a path that nobody answers would never happen, and a typing error stay unseen.
function refuseUnknownPath(path: string): void {
  if (path === '*' || endpoints.has(path) || gateways.has(path)) return
  throw new Refusal(
    400,
    'path_unknown',
    "The emulator answers no such path of WeChat's.",
    `Use one of ${[...endpoints.keys(), ...gateways.keys()].join(', ')}, or * for all of WeChat's.`,
  )
}

/** WeChat's are numbers and a gateway's are texts. */
function refuseStrangeErrcode(path: string, errcode: number | string, errmsg?: string): void {
  if (typeof errcode === 'string') {
    if (gateways.has(path)) return
    throw fieldRefusal('errcode', "must be a whole number other than 0 for a path of WeChat's")
  }
  if (gateways.has(path)) {
    const examples = '"isv.BUSINESS_LIMIT_CONTROL" or "LimitExceeded.PhoneNumberDailyLimit"'
    throw fieldRefusal('errcode', `must be an error code of the gateway, such as ${examples}`)
  }
  if (errmsg === undefined) refuseTextless(errcode)
}

function refuseTextless(errcode: number): void {
  if (errmsgOf(errcode, '') !== undefined) return
  throw fieldRefusal(
    'errmsg',
    `is required for errcode ${errcode}, whose text the emulator does not know`,
  )
}
