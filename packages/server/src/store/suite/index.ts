/**
 * The store contracts as tests, for every implementation, ours or yours. They need no test runner
 * of their own:
 *
 *     for (const { title, run } of storeContract) test(title, () => run(open))
 *
 * @module
 */
export { blobStoreContract } from './blob-store-contract.ts'
export { ephemeralStoreContract } from './ephemeral-store-contract.ts'
export { storeContract } from './store-contract.ts'
export type { ContractTest, Opened } from './contract-test.ts'
