/** For a browser that cannot do what the page is for: its link, to be opened in another one. */

/** Puts a button behind `place` that copies `link`; where that is not allowed, the link takes the button's place, to be copied by hand. */
export function offerLink(place: Element, link: string): void {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy the link to this page";
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(link).then(
      () => {
        button.textContent = "Copied. Open it in another browser.";
      },
      () => {
        const text = document.createElement("p");
        text.className = "code";
        text.textContent = link;
        button.replaceWith(text);
        getSelection()?.selectAllChildren(text);
      },
    );
  });
  place.after(button);
}
