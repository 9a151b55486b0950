/**
 * Where your Kaimen server is. On a real phone: https, and among the request domains of the
 * console.
 */
export const baseUrl = 'http://127.0.0.1:4100'

/**
 * Your own back ends that check Kaimen's tokens; the token goes to these and nowhere else.
 *
 * @type {string[]}
 */
export const apiOrigins = []
