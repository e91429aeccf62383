export const HOME: string;
export const SECTIONS: { title: string; documents: { name: string; title: string; about: string }[] }[];
/** Documents that are listed before they are there. */
