/** The types of the API, generated from the server's own OpenAPI document by `npm run types`. */
export type * from './generated/openapi'
