// Package uiauto reads what `uiautomator dump` prints: a tree of nodes (Parse),
// with selectors to find them, and profiles (LoadProfiles): data files that name
// an app's ids, words in eleven languages, activities and popups.
//
// It does no I/O on phones and has never heard of messages. How its texts are
// compared is in Clean and Fold; what may be kept of a screen as evidence in
// Dump.Mask.
//
// Profiles are YAML files, three kinds of them. `kind: words` holds wordings by
// word and language, in groups that name their source; `kind: app` the packages,
// deep link, ids, activities and popups of an app for a range of its versions;
// `kind: system` the ids of Android's own windows. The built-in ones are under
// profiles/; a folder of one's own replaces files of the same name and adds
// others, without a new build.
package uiauto
