import { XMLParser } from 'fast-xml-parser'
import { isFields } from '../transport/read-fields.ts'

type Fields = Readonly<Record<string, unknown>>

/** No attribute, no entity, no number guessed from text; lists and objects 16 deep. */
const xml = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  trimValues: true,
  maxNestedTags: 16,
})

/**
 * A pushed message, JSON or XML by what the console chose, told by its first character. WeChat's
 * own samples have keys with a space before them. `undefined` where it is neither.
 */
export function parseMessage(text: string): Fields | undefined {
  const start = text.trimStart()
  const fields = start.startsWith('<') ? parseXml(start) : parseJson(start)
  if (fields === undefined) return undefined
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, value]) => [name.trim(), value] as const)
      .filter(([name]) => name !== '__proto__'),
  )
}

function parseJson(text: string): Fields | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return isFields(json) ? json : undefined
  } catch {
    return undefined
  }
}

function parseXml(text: string): Fields | undefined {
  if (hasDeclarations(text)) return undefined
  try {
    const document: unknown = xml.parse(text, true)
    const root = isFields(document) ? document.xml : undefined
    return isFields(root) ? root : undefined
  } catch {
    return undefined
  }
}

/** Whether there is a document type, an entity or a comment. In CDATA a user may write anything. */
function hasDeclarations(text: string): boolean {
  let at = text.indexOf('<!')
  while (at !== -1) {
    const end = text.startsWith('<![CDATA[', at) ? text.indexOf(']]>', at) : -1
    if (end === -1) return true
    at = text.indexOf('<!', end)
  }
  return false
}
