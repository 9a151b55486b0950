import * as v from 'valibot'
import { created } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { readFields, textLike } from './read-fields.ts'

/** A person who is added without a phone is given a Chinese number; `null` leaves them without. */
export const postPeople: ControlCall = {
  method: 'POST',
  path: '/emulator/people',
  answer(world, { body }) {
    const { nickname, phone, country_code } = readFields(personFields, body)
    const ordinal = world.people.size + 1
    const number = phone === undefined ? String(13_900_000_000 + ordinal) : phone
    const person = {
      id: `person-${ordinal}`,
      nickname: nickname ?? '微信用户',
      phone: number,
      country_code: number === null ? null : (country_code ?? '86'),
    }
    world.people.set(person.id, person)
    return created(person)
  },
}

const nicknameLength = 'must be text of 1 to 64 characters'

const personFields = {
  nickname: v.exactOptional(
    v.pipe(
      v.string(nicknameLength),
      v.minLength(1, nicknameLength),
      v.maxLength(64, nicknameLength),
    ),
  ),
  phone: v.exactOptional(
    v.nullable(
      textLike(/^[0-9]{4,14}$/, 'must be null or 4 to 14 digits, without the country code'),
    ),
  ),
  country_code: v.exactOptional(
    textLike(/^[1-9][0-9]{0,2}$/, 'must be text of 1 to 3 digits, such as "86"'),
  ),
}
