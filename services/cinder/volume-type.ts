/** The one type of volume that this cloud has. */
export const FILE_TYPE = { id: 'c60a3c5c-5a0e-4b64-8a7c-6f1d2f0b7a11', name: 'file' } as const;

/** Whether a request means it, by its name or its id. */
export const isFileType = (nameOrId: string): boolean => nameOrId === FILE_TYPE.name || nameOrId === FILE_TYPE.id;
