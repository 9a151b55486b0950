/** Kaimen's stores in this process's memory. */
export { createMemoryEphemeralStore } from './memory-ephemeral-store.ts'
export { createMemoryStore } from './memory-store.ts'
