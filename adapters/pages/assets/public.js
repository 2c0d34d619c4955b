// The forms of the public, a little lighter. Without this the button "Cerca" finds
// the ente, and codes are typed or pasted.
(function () {
	"use strict";
	var box = document.querySelector("[data-enti]"), waiting, asked = 0;
	function row(e, i) {
		var div = document.createElement("div"), input = document.createElement("input"), label = document.createElement("label");
		div.className = "check";
		input.type = "radio";
		input.name = "ente.scelta";
		input.id = "e-" + i;
		input.value = e.kind + "/" + e.code;
		label.htmlFor = input.id;
		label.textContent = e.name + (e.province ? " (" + e.province + ")" : "");
		div.append(input, label);
		return div;
	}
	function find(text, list) {
		var mine = ++asked;
		fetch("/api/v1/public/enti?limit=6&q=" + encodeURIComponent(text)).then(function (r) { return r.ok ? r.json() : { items: [] }; }).then(function (found) {
			if (mine !== asked) return;
			var set = document.createElement("fieldset"), legend = document.createElement("legend");
			set.className = "pick";
			legend.textContent = document.documentElement.lang === "en" ? "Which one?" : "Quale?";
			set.append(legend);
			found.items.forEach(function (e, i) { set.append(row(e, i)); });
			list.replaceChildren.apply(list, found.items.length ? [set] : []);
		}, function () {});
	}
	if (box && window.fetch) {
		var field = box.querySelector("input[name=ente]"), list = box.querySelector("[data-trovati]");
		field.addEventListener("input", function () {
			clearTimeout(waiting);
			var text = field.value.trim();
			if (text.length < 2) { list.replaceChildren(); return; }
			waiting = setTimeout(find, 250, text, list);
		});
	}
	// A code that a link carries behind the # never reaches a server by itself.
	var code = location.hash.slice(1), into = document.querySelector("[data-codice] input[name=codice], input[name=invito]");
	if (into && /^[a-z0-9-]{20,60}$/.test(code)) {
		into.value = code;
		history.replaceState(null, "", location.pathname + location.search);
	}
})();
