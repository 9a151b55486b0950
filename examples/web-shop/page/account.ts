// What is whose: orders from the shop's own back end, devices from Kaimen.

import { refusalOf } from '@kaimen/client/web'
import { teas } from '../teas.ts'
import { auth } from './auth.ts'
import { find, show } from './find.ts'
import { formatTime, language, words } from './words.ts'

type Order = { id: number; tea: string; at: string }
type Device = {
  id: string
  device: { name?: string; model?: string; system?: string } | null
  last_seen_at: string
  current: boolean
}

const ordersUrl = `${location.origin}/api/orders`

export async function placeOrder(tea: string): Promise<void> {
  await ask(ordersUrl, 'POST', { tea })
  await loadOrders()
}

export async function loadAccount(): Promise<void> {
  await Promise.all([loadOrders(), loadDevices()])
}

async function loadOrders(): Promise<void> {
  const { orders } = await ask<{ orders: Order[] }>(ordersUrl)
  show(find('no-orders', HTMLElement), orders.length === 0)
  const items = orders.map(({ tea, at }) => {
    const name = teas.find(({ id }) => id === tea)?.name[language] ?? tea
    return item(name, formatTime(at))
  })
  find('orders', HTMLElement).replaceChildren(...items)
}

async function loadDevices(): Promise<void> {
  const { sessions } = await ask<{ sessions: Device[] }>('/v1/me/sessions')
  const items = sessions.map(({ id, device, last_seen_at, current }) => {
    const { name: given, model, system } = device ?? {}
    const known = [given ?? model, system].filter((part) => part !== undefined)
    const name = known.join(', ') || words.unknown_device
    const row = item(name, `${words.last_seen} ${formatTime(last_seen_at)}`)
    if (current) row.append(tag(words.this_device))
    else row.append(removal(id, name))
    return row
  })
  find('devices', HTMLElement).replaceChildren(...items)
}

function removal(id: string, name: string): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet'
  button.textContent = words.sign_out
  button.ariaLabel = `${words.remove}: ${name}`
  button.addEventListener('click', () => void remove(button, id))
  return button
}

async function remove(button: HTMLButtonElement, id: string): Promise<void> {
  button.disabled = true
  // Gone already is gone, too: the list says what is left.
  await ask(`/v1/me/sessions/${encodeURIComponent(id)}`, 'DELETE').catch(() => {})
  await loadDevices()
}

function item(name: string, about: string): HTMLLIElement {
  const row = document.createElement('li')
  const [title, quiet] = [document.createElement('span'), document.createElement('small')]
  title.textContent = name
  quiet.textContent = about
  row.append(title, quiet)
  return row
}

function tag(text: string): HTMLElement {
  const element = document.createElement('em')
  element.textContent = text
  return element
}

/** @throws {AuthError} The server's refusal. */
async function ask<T>(url: string, method = 'GET', data?: object): Promise<T> {
  const reply = await auth.request<T>({ url, method, data })
  if (reply.statusCode >= 300) throw refusalOf(reply)
  return reply.data
}
