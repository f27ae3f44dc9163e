// What does an element stand in?

/**
 * Through shadow roots. A field called "parentElement" hides its form's own, and a walk upwards would never end.
 * @param {any} element
 * @returns {any}
 */
export const parent = (element) =>
  Reflect.get(Node.prototype, "parentElement", element) || element.getRootNode().host;
