/** Pictures and recordings of complaints and of evidence: fetched with the session, kept while the page lives. */
import { answer, api, type Schemas } from '@/api/client'

export type File = Schemas['AttachmentView']

/** What the platform or a person objects to, or nobody has looked at yet: covered until somebody asks for it. */
export const isVeiled = (file: File): boolean => file.state === 'hidden' || file.state === 'to_be_read'

/** Sounds that browsers do not play. */
export const isForDownload = (file: File): boolean => file.media_type === 'audio/amr'

const fetched = new Map<string, Promise<string>>()

/** improvementId: whose evidence it is; without, it is of a complaint. */
export function addressOf(file: File, improvementId?: string): Promise<string> {
  let address = fetched.get(file.id)
  if (!address) {
    address = bytesOf(file.id, improvementId).then((blob) => URL.createObjectURL(blob))
    address.catch(() => fetched.delete(file.id))
    fetched.set(file.id, address)
  }
  return address
}

function bytesOf(attachment_id: string, improvement_id?: string): Promise<Blob> {
  const blob = { parseAs: 'blob' } as const
  if (!improvement_id) {
    return answer(api.GET('/api/v1/attachments/{attachment_id}', { params: { path: { attachment_id } }, ...blob })) as Promise<Blob>
  }
  const params = { path: { improvement_id, attachment_id } }
  return answer(api.GET('/api/v1/improvements/{improvement_id}/files/{attachment_id}', { params, ...blob })) as Promise<Blob>
}

export async function decide(file: File, step: 'release' | 'hiding'): Promise<File> {
  const how = { params: { path: { attachment_id: file.id } } }
  return step === 'release'
    ? answer(api.POST('/api/v1/attachments/{attachment_id}/release', how))
    : answer(api.POST('/api/v1/attachments/{attachment_id}/hiding', how))
}
