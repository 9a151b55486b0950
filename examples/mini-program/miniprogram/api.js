import { auth } from './auth.js'

/** A server's refusal, in its own words. */
export class Refusal extends Error {}

/**
 * Calls a back end, signed in.
 *
 * @template T
 * @param {string} url
 * @param {Omit<import('@kaimen/client').RequestOptions, 'url'>} [options]
 * @returns {Promise<T>} The body of a reply below 400.
 * @throws {Refusal}
 * @throws {import('@kaimen/client').AuthError}
 */
export async function call(url, options) {
  /** @type {import('@kaimen/client').RequestResult<T & { title?: string }>} */
  const { statusCode, data } = await auth.request({ url, ...options })
  if (statusCode >= 400) throw new Refusal(data.title || `服务端答复 ${statusCode}`)
  return data
}
