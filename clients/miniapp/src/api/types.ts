/** The API's description as types: what a path takes and what it answers. */
import type { components, paths } from '../../../api/schema'

export type { components, paths }
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
export type PathOf<M extends Method> = {
  [P in keyof paths]: NonNullable<paths[P][M]> extends { responses: object } ? (paths[P][M] extends undefined ? never : P) : never
}[keyof paths]
export type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>

type Good = 200 | 201 | 204
type JsonOf<R> = R extends { content: { 'application/json': infer B } } ? B : null
export type Answer<O> = O extends { responses: infer R } ? JsonOf<R[keyof R & Good]> : never
export type Body<O> = O extends { requestBody?: { content: { 'application/json': infer B } } } ? B : undefined

type PathValues<O> = O extends { parameters: { path: infer V extends object } } ? { path: V } : { path?: undefined }
type QueryValues<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : { query?: undefined }
/** What goes into the address. The path's values are asked for where the path has holes. */
export type Where<O> = PathValues<O> & QueryValues<O>
