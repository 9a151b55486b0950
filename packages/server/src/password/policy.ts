import type { Localized } from '@kaimen/protocol'
import type { Secret } from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import { loadCommonPasswords } from './common.ts'
import { countChosen, findRepeated } from './measure.ts'
import { maxLength, readPassword } from './text.ts'

/**
 * What a new password has to be. There are no rules on kinds of characters, and none expires.
 * [PW-2]
 */
export type PasswordPolicy = {
  /** Characters. */
  readonly minLength: number
  /** The names of what people sign in to, besides Kaimen's own. */
  readonly contextWords: readonly string[]
}

/** What is known of the person whose password it becomes. */
export type PasswordContext = {
  /** In any notation. */
  readonly phone?: string | undefined
  readonly nickname?: string | null | undefined
}

/**
 * - `not_text`: holds half a surrogate pair.
 * - `common`: on the list of leaked passwords, perhaps with digits or signs around it, in another
 *   spelling, or two of the list's commonest joined.
 * - `contextual`: little but names of the app or the person, or parts of the phone number.
 * - `repetitive`: a few characters, or a short text, over and over.
 * - `sequential`: little but runs along the alphabet, the digits or the keyboard.
 */
export type Weakness =
  'too_short' | 'too_long' | 'not_text' | 'common' | 'contextual' | 'repetitive' | 'sequential'

/** The words that always count as context. */
const ownWords = ['kaimen', 'wechat', 'weixin', '开门', '微信']
/** Shorter ones stand in any text by chance. A Chinese word has two characters. */
const minWordLength = 4
const minChineseWordLength = 2
/** So many digits of a phone number are no chance. */
const minPhoneDigits = 6
const minDifferentCharacters = 4

/** Judges a password that is about to be set; never one that someone signs in with. [PW-1] [PW-3] */
export async function judgePassword(
  policy: PasswordPolicy,
  context: PasswordContext,
  password: Secret,
): Promise<'fine' | Weakness> {
  const read = readPassword(password)
  if (typeof read === 'string') return read
  if (read.length < policy.minLength) return 'too_short'
  const { hasAtTop, has } = await loadCommonPasswords()
  const text = read.text.toLowerCase()
  // What is guessed at once does not make a password long: half of the least has to be left.
  const tooLittle = (rest: string) => countChosen(rest) * 2 < policy.minLength

  const isCommon = (whole: string) => {
    const least = Math.max(minWordLength, whole.length - Math.ceil(policy.minLength / 2))
    for (const core of listCores(whole, least)) {
      if (has(core) || isPair(core, hasAtTop)) return true
    }
    return false
  }
  if (isCommon(text)) return 'common'

  const words = listContextWords(policy, context)
  for (const spelling of joinWords(text).flatMap(readSigns)) {
    const rest = words.reduce((left, word) => left.replaceAll(word, ' '), spelling)
    if (rest !== spelling && (tooLittle(rest.replaceAll(' ', '')) || isCommon(rest.trim()))) {
      return 'contextual'
    }
  }

  if (new Set(text).size < minDifferentCharacters) return 'repetitive'
  const repeated = findRepeated(text)
  if (repeated !== text && tooLittle(repeated)) return 'repetitive'
  return tooLittle(text) ? 'sequential' : 'fine'
}

/** The refusal that the client is shown; it says which rule, and nothing of the password. */
export function weakPassword({ minLength }: PasswordPolicy, weakness: Weakness): KaimenError {
  const details: Record<Weakness, Localized> = {
    too_short: {
      'zh-CN': `密码至少要 ${minLength} 个字符。几个不相干的词连起来就够长，也好记。`,
      en: `A password has at least ${minLength} characters. A few unrelated words in a row are long enough, and easy to remember.`,
    },
    too_long: {
      'zh-CN': `密码最多 ${maxLength} 个字符。请缩短后再试。`,
      en: `A password has at most ${maxLength} characters. Use a shorter one.`,
    },
    not_text: {
      'zh-CN': '密码中有不完整的字符。请重新输入。',
      en: 'The password holds a broken character. Type it again.',
    },
    common: {
      'zh-CN': '这个密码或与它相近的密码在常用或已泄露的列表中。请换一个。',
      en: 'This password, or one much like it, is on the list of common or leaked passwords. Choose another.',
    },
    contextual: {
      'zh-CN': '密码主要由手机号、昵称或应用名称组成，容易猜到。请换一个。',
      en: 'The password is little more than the phone number, the nickname or the name of the app. Choose another.',
    },
    repetitive: {
      'zh-CN': '密码只是少数字符的重复，容易猜到。请换一个。',
      en: 'The password repeats a few characters. Choose another.',
    },
    sequential: {
      'zh-CN': '密码主要由连续的字母、数字或键盘上相邻的键组成，容易猜到。请换一个。',
      en: 'The password is little more than runs of letters, digits or neighbouring keys. Choose another.',
    },
  }
  return new KaimenError('password_weak', { detail: details[weakness] })
}

/** A text, and the same without what joins words. */
const joinWords = (text: string) => [text, text.replaceAll(/[\s._\-+/,]/g, '')]

/** A text, and the same with the letters that digits and signs stand for. */
const readSigns = (text: string) => [text, replaceSigns(text, 'i'), replaceSigns(text, 'l')]

const signs: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
}

function replaceSigns(text: string, one: 'i' | 'l'): string {
  return text.replaceAll(/[013457@$!]/g, (sign) => signs[sign] ?? one)
}

/**
 * What is left of a text when digits and signs are taken from its ends, and what that repeats, in
 * each spelling.
 *
 * @param least How many characters have to be left: what is taken beyond that is a password of its
 *   own.
 */
function listCores(text: string, least: number): Set<string> {
  const cores = joinWords(text)
    .flatMap((each) => cutEnds(each, least))
    .flatMap(readSigns)
  for (const core of new Set(cores)) {
    const repeated = findRepeated(core)
    if (repeated !== core) cores.push(...cutEnds(repeated, minWordLength))
  }
  return new Set(cores)
}

function cutEnds(text: string, least: number): string[] {
  const before = /^[^\p{L}]*/u.exec(text)?.[0].length ?? 0
  const behind = /[^\p{L}]*$/u.exec(text)?.[0].length ?? 0
  const cores: string[] = []
  for (let from = 0; from <= before; from++) {
    for (let to = text.length; to >= text.length - behind && to - from >= least; to--) {
      cores.push(text.slice(from, to))
    }
  }
  return cores
}

function isPair(text: string, isTop: (text: string) => boolean): boolean {
  for (let at = minWordLength; at <= text.length - minWordLength; at++) {
    if (isTop(text.slice(0, at)) && isTop(text.slice(at))) return true
  }
  return false
}

function listContextWords(
  { contextWords }: PasswordPolicy,
  { phone = '', nickname }: PasswordContext,
): string[] {
  const names = [...ownWords, ...contextWords, nickname ?? '']
    .map((name) => name.normalize('NFKC').toLowerCase())
    .flatMap((name) => [...joinWords(name), ...name.split(/[\s._\-+/,]+/)])
    .filter((name) => {
      const least = /\p{Script=Han}/u.test(name) ? minChineseWordLength : minWordLength
      return Array.from(name).length >= least
    })
  return [...names, ...listPhoneParts(phone.normalize('NFKC').replaceAll(/\D/g, ''))].sort(
    (a, b) => b.length - a.length,
  )
}

function listPhoneParts(digits: string): string[] {
  const parts: string[] = []
  for (let from = 0; from < digits.length; from++) {
    for (let to = from + minPhoneDigits; to <= digits.length; to++) {
      parts.push(digits.slice(from, to))
    }
  }
  return parts
}
