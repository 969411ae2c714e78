/** The endpoints of other systems, and how they are doing. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Endpoint = Schemas['EndpointView']
export type Sent = Schemas['SentView']

const TONES: Record<string, Tone> = { on: 'good', off: 'quiet', failing: 'bad' }

/** What a person reads: an endpoint that is on and fails is in trouble already, days before it is switched off. */
export function stateOf(endpoint: Endpoint): 'on' | 'off' | 'failing' | 'trouble' {
  if (endpoint.state === 'on' && endpoint.failures > 0) return 'trouble'
  return endpoint.state as 'on' | 'off' | 'failing'
}

export const toneOfEndpoint = (endpoint: Endpoint): Tone => (stateOf(endpoint) === 'trouble' ? 'wait' : (TONES[endpoint.state] ?? 'quiet'))
