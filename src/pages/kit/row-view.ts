/** What lists of facts are made of: a name with its value, a hash, a time. */
import { element, styled, type View, type ViewElement } from "./view.ts";

/** A point in time, `written` in words. */
export const timeView = (time: string, written: string): ViewElement => element("time", { datetime: time }, written);

/** Hexadecimal digits in groups of four. */
export const hashView = (hash: string): ViewElement =>
  element("code", { class: "hash" }, ...(hash.match(/.{1,4}/g) ?? []).flatMap((group, i) => (i === 0 ? [group] : [" ", group])));

/** A name and its value, for a definition list of class `object`. */
export const term = (name: string, ...value: (View | null)[]): ViewElement =>
  styled("div", "member", styled("dt", "name", name), element("dd", {}, ...value));
